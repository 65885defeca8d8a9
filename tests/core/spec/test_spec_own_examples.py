"""Our own examples mean the same in every format, and raise no eyebrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.spec import load_workflow

EXAMPLES = Path(__file__).parents[3] / "examples"
JOBS = {
    "actions": 5,
    "barrier": 43,
    "diamond_workflow": 4,
    "failure": 4,
    "failure_handler": 3,
    "failure_handler_simulation": 10,
    "hundred_jobs": 100,
    "parameter_sweep": 7,
    "resource_monitoring": 4,
    "slurm_staged": 6,
    "subgraphs": 11,
    "user_data": 3,
    "zip_parameters": 4,
}


def test_every_example_is_there_in_every_format() -> None:
    for folder, suffix in (("yaml", ".yaml"), ("json", ".json5"), ("kdl", ".kdl")):
        assert {path.stem for path in (EXAMPLES / folder).glob(f"*{suffix}")} == JOBS.keys()


@pytest.mark.parametrize("name", JOBS)
def test_formats_of_an_example_are_equal(name: str) -> None:
    paths = [path for path in EXAMPLES.glob(f"*/{name}.*") if path.suffix != ".py"]
    found = [load_workflow(path) for path in paths]
    assert len(found) >= 3
    for workflow in found:
        assert workflow == found[0]
        assert len(workflow.jobs) == JOBS[name]
        assert workflow.warnings == ()


def test_the_diamond_writes_four_files_and_is_a_diamond() -> None:
    workflow = load_workflow(EXAMPLES / "yaml/diamond_workflow.yaml")
    assert workflow.dependencies() == [(), (0,), (0,), (1, 2)]
    assert [len(job.output_files) for job in workflow.jobs] == [1, 1, 1, 1]
    assert {Path(file.path).parent for file in workflow.files} == {Path("output/diamond")}
