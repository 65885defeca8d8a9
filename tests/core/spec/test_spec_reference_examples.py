"""The example files of the reference expand to the jobs and dependencies that they describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.spec import ExpandedWorkflow, read_spec

EXAMPLES = Path(__file__).parents[2] / "data" / "reference_examples"

# Counted by hand from the files: jobs, files, user data, dependencies by name, and all of them.
# Where a stage of n jobs waits for m, the product is written out.
DIAMOND = (4, 6, 0, 0, 4)
SWEEP = (2 + 18 + 1, 2 + 18 + 18, 0, 18 * 2 + 18, 18 * 2 + 18)
SAMPLE = (3, 5, 3, 2, 2)
SUBGRAPHS = (2 + 5 + 5 + 2 + 1, 2 + 2 + 5 + 5 + 2 + 1, 0, 0, 5 + 5 + 5 + 5 + 2)
PIPELINE = (4 + 4 + 12 + 4 + 1, 4 + 4 + 12, 0, 4 + 12 + 12 + 4, 4 + 12 + 12 + 4)
BARRIER = (1000 + 1 + 1000 + 1 + 100 + 1 + 1, 0, 0, *[1000 * 3 + 100 * 2 + 1] * 2)
SIMULATION = (1 + 16 + 16 + 1, 1 + 16 * 3, 0, 16 * 3, 16 * 3)
FAILURES = (9 + 1, 0, 0, 9, 9)
THREE_IN_A_ROW = (3, 0, 0, 2, 2)
STAGED = (1 + 10 + 1, 10 + 10 + 1, 0, 20, 20)

EXPECTED = {
    "json/data_pipeline_parameterized.json5": PIPELINE,
    "json/diamond_workflow.json5": DIAMOND,
    "json/failure_handler_simulation.json": FAILURES,
    "json/hundred_jobs_parameterized.json5": (100, 0, 0, 0, 0),
    "json/hundred_jobs_workflow.json5": (100, 0, 0, 0, 0),
    "json/hyperparameter_sweep.json5": SWEEP,
    "json/hyperparameter_sweep_shared_params.json5": SWEEP,
    "json/multi_stage_barrier_pattern.json5": BARRIER,
    "json/resource_monitoring_demo.json5": (3, 0, 0, 0, 0),
    "json/sample_workflow.json": SAMPLE,
    "json/sample_workflow.json5": SAMPLE,
    "json/simulation_sweep.json5": SIMULATION,
    "json/slurm_staged_pipeline.json5": STAGED,
    "json/workflow_actions_data_pipeline.json5": (1 + 5 + 1 + 5 + 2, 0, 0, 13, 13),
    "json/workflow_actions_ml_training.json5": (1 + 8 + 1, 0, 0, 16, 16),
    "json/workflow_actions_simple.json5": THREE_IN_A_ROW,
    "json/workflow_actions_simple_slurm.json5": THREE_IN_A_ROW,
    "json/zip_parameter_mode.json5": (6, 3, 0, 3, 3),
    "kdl/diamond_workflow.kdl": DIAMOND,
    "kdl/failure_handler_simulation.kdl": FAILURES,
    "kdl/hundred_jobs_parameterized.kdl": (101, 0, 0, 100, 100),
    "kdl/hyperparameter_sweep.kdl": SWEEP,
    "kdl/hyperparameter_sweep_shared_params.kdl": SWEEP,
    "kdl/mixed_workload.kdl": (121, 0, 0, 120, 120),
    "kdl/resource_monitoring_demo.kdl": (3, 0, 0, 0, 0),
    "kdl/sample_workflow.kdl": SAMPLE,
    "kdl/simple_slurm.kdl": THREE_IN_A_ROW,
    "kdl/slurm_staged_pipeline.kdl": (1 + 3 + 1, 7, 0, 6, 6),
    "kdl/workflow_actions_data_pipeline.kdl": THREE_IN_A_ROW,
    "kdl/workflow_actions_ml_training.kdl": (5, 0, 0, 6, 6),
    "kdl/workflow_actions_simple.kdl": THREE_IN_A_ROW,
    "kdl/workflow_actions_simple_slurm.kdl": THREE_IN_A_ROW,
    "kdl/zip_parameter_mode.kdl": (6, 3, 0, 3, 3),
    "subgraphs/subgraphs_workflow.json5": SUBGRAPHS,
    "subgraphs/subgraphs_workflow.kdl": SUBGRAPHS,
    "subgraphs/subgraphs_workflow.yaml": SUBGRAPHS,
    "subgraphs/subgraphs_workflow_no_slurm.json5": SUBGRAPHS,
    "subgraphs/subgraphs_workflow_no_slurm.kdl": SUBGRAPHS,
    "subgraphs/subgraphs_workflow_no_slurm.yaml": SUBGRAPHS,
    "yaml/data_pipeline_parameterized.yaml": PIPELINE,
    "yaml/diamond_workflow.yaml": DIAMOND,
    "yaml/failure_handler_demo.yaml": (4, 0, 0, 4, 4),
    "yaml/failure_handler_simulation.yaml": FAILURES,
    "yaml/hundred_jobs_parameterized.yaml": (100, 0, 0, 0, 0),
    "yaml/hyperparameter_sweep.yaml": SWEEP,
    "yaml/hyperparameter_sweep_shared_params.yaml": SWEEP,
    "yaml/multi_stage_barrier_pattern.yaml": BARRIER,
    "yaml/resource_monitoring_demo.yaml": (3, 0, 0, 0, 0),
    "yaml/sample_workflow.yaml": SAMPLE,
    "yaml/simple_retry.yaml": (2, 0, 0, 1, 1),
    "yaml/simulation_sweep.yaml": SIMULATION,
    "yaml/slurm_staged_pipeline.yaml": STAGED,
    "yaml/workflow_actions_data_pipeline.yaml": (1 + 5 + 1 + 5 + 2, 0, 0, 13, 13),
    "yaml/workflow_actions_ml_training.yaml": (1 + 8 + 1, 0, 0, 16, 16),
    "yaml/workflow_actions_simple.yaml": THREE_IN_A_ROW,
    "yaml/workflow_actions_simple_slurm.yaml": (5, 0, 0, 6, 6),
    "yaml/zip_parameter_mode.yaml": (1 + 3 + 3 + 1, 6, 0, 9, 9),
}

SAME_IN_ALL_FORMATS = [
    "data_pipeline_parameterized",
    "hyperparameter_sweep_shared_params",
    "multi_stage_barrier_pattern",
    "simulation_sweep",
    "subgraphs_workflow",
    "subgraphs_workflow_no_slurm",
    "workflow_actions_simple",
]


def test_every_example_is_listed() -> None:
    found = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file()}
    assert found == EXPECTED.keys()


def load(path: Path) -> ExpandedWorkflow:
    """Expand an example; one has jobs of eight hours in allocations of four."""
    return read_spec(path).expand(skip_checks=True)


@pytest.mark.parametrize("name", EXPECTED)
def test_example_expands_to_its_jobs_and_dependencies(name: str) -> None:
    workflow = load(EXAMPLES / name)
    counts = (
        len(workflow.jobs),
        len(workflow.files),
        len(workflow.user_data),
        sum(len(job.depends_on) for job in workflow.jobs),
        sum(len(needed) for needed in workflow.dependencies()),
    )
    assert counts == EXPECTED[name]


def waits(workflow: ExpandedWorkflow) -> dict[str, set[str]]:
    names = [job.name for job in workflow.jobs]
    needed = workflow.dependencies()
    return {name: {names[i] for i in needed[n]} for n, name in enumerate(names)}


@pytest.mark.parametrize("name", SAME_IN_ALL_FORMATS)
def test_formats_agree(name: str) -> None:
    paths = [path for path in EXAMPLES.rglob(f"{name}.*") if path.is_file()]
    assert len(paths) > 1
    first, *others = [waits(load(path)) for path in paths]
    for other in others:
        assert other == first


def test_a_job_without_the_parameters_in_its_name_collects_all_expansions() -> None:
    workflow = load(EXAMPLES / "yaml/hyperparameter_sweep_shared_params.yaml")
    training = {job.name for job in workflow.jobs if job.name.startswith("train_")}
    assert len(training) == 18
    assert "train_lr0.0001_bs16_optadam" in training
    assert waits(workflow)["aggregate_results"] == training


def test_a_job_collects_over_the_parameters_that_its_name_lacks() -> None:
    workflow = load(EXAMPLES / "yaml/data_pipeline_parameterized.yaml")
    assert waits(workflow)["report_sales"] == {
        "analyze_sales_summary",
        "analyze_sales_trends",
        "analyze_sales_anomalies",
    }


def test_null_in_the_sample_means_absent() -> None:
    job = load(EXAMPLES / "yaml/sample_workflow.yaml").jobs[0]
    assert job.invocation_script is None
    assert job.depends_on == ()
    assert job.cancel_on_blocking_job_failure is False
