from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy import output_paths
from torc_core.runner.policy.output_paths import OutputKind, read_name

ID = st.integers(1, 10**12)
HOST = st.from_regex(r"[a-z0-9][a-zA-Z0-9.-]{0,30}", fullmatch=True)


def test_files_have_the_names_that_the_tools_of_the_reference_look_for():
    assert output_paths.stdio_directory("/o") == "/o/job_stdio"
    assert output_paths.job_stdio("/o", 7, 5, 2, 3) == "/o/job_stdio/job_wf7_j5_r2_a3"
    assert output_paths.action_stdio("/o", 7, 4, 2) == "/o/job_stdio/action_wf7_a4_r2"
    assert output_paths.action_stdio("/o", 7, 4, 2, 5) == "/o/job_stdio/action_wf7_a4_r2_n5"
    assert output_paths.runner_logs("/o", "here", 7, 2, 5) == (
        "/o/job_runner_here_wf7_r2.log",
        "/o/job_runner_here_wf7_r2_n5.log",
    )
    assert (
        output_paths.slurm_log("/o", "slurm_env", 7, 99, 1, 33)
        == "/o/slurm_env_wf7_sl99_n1_pid33.log"
    )
    assert output_paths.slurm_output("/o", 7, 99) == "/o/slurm_output_wf7_sl99"
    assert (
        output_paths.metrics_database("/o", "x") == "/o/resource_utilization/resource_metrics_x.db"
    )


def kind_and_workflow(path: str):
    name = read_name(Path(path).name)
    return None if name is None else (name.kind, name.workflow_id)


@given(ID, ID, ID, ID, HOST, st.sampled_from([".o", ".e", ".log", ".recovery.o"]))
def test_names_are_read_as_they_are_written(workflow, other, run, node, host, ending):
    stdio = output_paths.job_stdio("/o", workflow, other, run, node)
    action = output_paths.action_stdio("/o", workflow, other, run)
    action_of_node = output_paths.action_stdio("/o", workflow, other, run, node)
    runners = output_paths.runner_logs("/o", host, workflow, run, node)
    slurm = output_paths.slurm_log("/o", "job_runner_slurm", workflow, other, run, node)
    environment = output_paths.slurm_log("/o", "slurm_env", workflow, other, run, node)
    printed = output_paths.slurm_output("/o", workflow, other)
    metrics = output_paths.metrics_database("/o", f"{host}_{workflow}_{run}")

    assert kind_and_workflow(stdio + ending) == (OutputKind.JOB_STDIO, workflow)
    assert kind_and_workflow(action + ".o") == (OutputKind.ACTION_STDIO, workflow)
    assert kind_and_workflow(action_of_node + ".e") == (OutputKind.ACTION_STDIO, workflow)
    for path in (*runners, slurm):
        assert kind_and_workflow(path) == (OutputKind.RUNNER_LOG, workflow)
    assert kind_and_workflow(environment) == (OutputKind.SLURM_ENVIRONMENT, workflow)
    assert kind_and_workflow(printed + ".e") == (OutputKind.SLURM_OUTPUT, workflow)
    assert kind_and_workflow(metrics) == (OutputKind.METRICS, workflow)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("job_wf7_j5_r2.o", OutputKind.JOB_STDIO),
        ("job_runner_host_7_2.log", OutputKind.RUNNER_LOG),
        ("slurm_env_wf7_sl9.log", OutputKind.SLURM_ENVIRONMENT),
        ("dmesg_slurm_wf7_sl9_n0.log", OutputKind.KERNEL_MESSAGES),
    ],
)
def test_names_of_the_reference_are_read(name, kind):
    assert kind_and_workflow(name) == (kind, 7)


def test_logs_of_an_allocation_say_which_and_of_whose_runner():
    runner = output_paths.slurm_log("/o", "dmesg_slurm", 7, 99, 1, 33)
    found = [read_name(Path(path).name) for path in (runner, "/o/slurm_output_wf7_sl99.o")]

    assert [each and each[2:] for each in found] == [(99, "1", 33), (99, None, None)]


@pytest.mark.parametrize(
    "name",
    [
        "job_wf7_j5_r2_a1.sh",
        "job_wf7_j5_r2_a1.o\n",
        "job_wf7_j5_r2_a1.o/..",
        "../job_wf7_j5_r2_a1.o",
        "job_wf_j5_r2_a1.o",
        "job_wf\u0667_j5_r2_a1.o",
        "job_runner_a b_wf7_r1.log",
        "job_runner_\x1b[31m_wf7_r1.log",
        f"job_runner_{'h' * 300}_wf7_r1.log",
        "wf7.tar.gz",
        "",
    ],
)
def test_other_names_are_not_of_torc(name):
    assert read_name(name) is None
