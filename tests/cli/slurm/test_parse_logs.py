"""`torc slurm parse-logs`: what is found, in which allocation, and whose jobs it concerns."""

from __future__ import annotations

import os

import pytest

from tests.operations.attempts import Attempts
from torc_core.model.compute import ScheduledComputeNode

OOM = "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=77.batch. Some died."


@pytest.fixture
def torc(torc_here):
    return torc_here


@pytest.fixture
def attempts(client):
    """A job that failed and one that completed, on node n1 of allocation 77, under process 33."""
    made = Attempts(
        client,
        compute_node_type="slurm",
        scheduler={"type": "slurm", "scheduler_id": 1, "slurm_job_id": 77},
    )
    made.add("died", code=137)
    made.add("lived")
    return made


@pytest.fixture
def write(attempts, tmp_path):
    """Write a log of the workflow, named with `WF` for its id."""

    def write(name, *lines, folder="output"):
        path = tmp_path / folder / name.replace("WF", f"wf{attempts.workflow_id}")
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))
        return path.name

    return write


def test_an_error_is_shown_with_its_allocation_its_node_and_the_jobs_that_did_not_complete(
    torc, attempts, write
):
    name = write("slurm_output_WF_sl77.e", "fine", OOM)
    write("slurm_output_WF_sl77.o", "fine")

    answer = torc("-f", "json", "slurm", "parse-logs", attempts.workflow_id)

    assert answer.code == 0, answer.err
    assert answer.json == {
        "workflow_id": attempts.workflow_id, "output_dir": "output", "slurm_jobs_count": 1,
        "files_scanned": 2, "total_issues": 1, "errors": 1, "warnings": 0, "issues_left_out": 0,
        "issues": [
            {
                "file": f"output/{name}", "slurm_job_id": 77, "line_number": 2, "line": OOM,
                "pattern_description": "Out of Memory (OOM) Kill", "severity": "critical",
                "node": "n1",
                "affected_jobs": [{"job_id": attempts.jobs[0], "job_name": "died"}],
            }
        ],
    }  # fmt: skip


def test_the_table_names_the_jobs_and_ends_with_the_numbers(torc, attempts, write):
    name = write("slurm_output_WF_sl77.e", "fine", OOM, "fine", OOM)

    answer = torc("slurm", "parse-logs", attempts.workflow_id)

    head, row, _, sentence = answer.out.splitlines()
    assert "SLURM JOB ID" in head
    assert f"died (ID: {attempts.jobs[0]})" in row
    assert row.split()[:4] == [f"output/{name}", "77", "2", "2"]
    number = attempts.workflow_id
    assert sentence == f"1 log of 1 Slurm job of workflow {number} searched: 2 errors, 0 warnings."


def test_logs_of_slurm_of_runners_and_of_the_kernel_are_searched_and_variables_are_not(
    torc, attempts, write
):
    written = [
        write("slurm_output_WF_sl77.o", "State: FAILED"),
        write("job_runner_slurm_WF_sl77_n0_pid33.log", "[2026-01-01 ERROR torc.x] y", "FAILED"),
        write("dmesg_slurm_WF_sl77_n0_pid33.log", "Memory cgroup out of memory: Killed 1"),
    ]
    write("slurm_env_WF_sl77_n0_pid33.log", "NOTE=Segmentation fault")
    write("job_runner_here_WF_r1.log", "[2026-01-01 ERROR torc.x] y")
    write("job_wf1_j1_r1_a1.e", "Segmentation fault", folder="output/job_stdio")
    write(f"slurm_output_wf{attempts.workflow_id}0_sl77.o", "FAILED")

    answer = torc("-f", "json", "slurm", "parse-logs", attempts.workflow_id)

    found = {each["file"]: each["pattern_description"] for each in answer.json["issues"]}
    kinds = ("Slurm state", "Runner error", "Out of Memory (OOM) Kill")
    assert found == {f"output/{name}": kind for name, kind in zip(written, kinds, strict=True)}
    assert answer.json["total_issues"] == 3


def test_a_log_of_one_runner_of_several_names_only_its_jobs(torc, client, attempts, write):
    node = client.list_compute_nodes(attempts.workflow_id).items[0]
    other = client.create_compute_node(
        type(node)(
            workflow_id=node.workflow_id, hostname="n2", pid=34, start_time=node.start_time,
            num_cpus=1, memory_gb=1.0, num_gpus=0, num_nodes=1, compute_node_type="slurm",
            scheduler={"slurm_job_id": "77"},
        )
    )  # fmt: skip
    attempts._node = other.id
    attempts.add("elsewhere", code=1)
    write("dmesg_slurm_WF_sl77_n1_pid34.log", "invoked oom-killer")
    write("slurm_output_WF_sl77.e", OOM)

    answer = torc("-f", "json", "slurm", "parse-logs", attempts.workflow_id)

    issues = answer.json["issues"]
    assert [each["node"] for each in issues] == ["n2", None]
    named = [[job["job_name"] for job in each["affected_jobs"]] for each in issues]
    assert named == [["elsewhere"], ["died", "elsewhere"]]


def test_warnings_are_left_out_on_request(torc, attempts, write):
    write("slurm_output_WF_sl77.e", "*** JOB 77 CANCELLED DUE TO PREEMPTION ***", "Bus error")

    both, errors = (
        torc("-f", "json", "slurm", "parse-logs", attempts.workflow_id, *options).json
        for options in ((), ("--errors-only",))
    )

    assert [(each["errors"], each["warnings"]) for each in (both, errors)] == [(1, 1), (1, 0)]
    assert [each["pattern_description"] for each in errors["issues"]] == ["Bus error"]


def test_an_allocation_that_the_server_does_not_know_is_searched_too(torc, attempts, write):
    write("slurm_output_WF_sl78.e", OOM)
    write("slurm_output_WF_sl77.e")

    answer = torc("-f", "json", "slurm", "parse-logs", attempts.workflow_id)

    (issue,) = answer.json["issues"]
    assert (issue["slurm_job_id"], issue["node"], "affected_jobs" in issue) == (78, None, False)
    assert answer.json["slurm_jobs_count"] == 2


def test_allocations_without_logs_are_counted_and_those_that_worked_are_named(
    torc, client, attempts, write
):
    write("slurm_output_WF_sl79.e")
    for number, status in ((77, "complete"), (80, "pending")):
        client.create_scheduled_compute_node(
            ScheduledComputeNode(
                workflow_id=attempts.workflow_id, scheduler_id=number, scheduler_config_id=1,
                scheduler_type="slurm", status=status,
            )
        )  # fmt: skip

    answer = torc("slurm", "parse-logs", attempts.workflow_id)

    assert "1 log of 3 Slurm jobs" in answer.out
    assert "no errors found" in answer.out
    assert answer.err == "warning: there are no logs of Slurm job 77 here\n"


def test_of_many_jobs_some_are_named_and_all_are_counted(torc, attempts, write):
    for number in range(120):
        attempts.add(f"j{number}", code=1)
    write("slurm_output_WF_sl77.e", OOM)

    shown = torc("slurm", "parse-logs", attempts.workflow_id)
    (issue,) = torc("-f", "json", "slurm", "parse-logs", attempts.workflow_id).json["issues"]

    assert (len(issue["affected_jobs"]), issue["affected_jobs_left_out"]) == (100, 21)
    assert "118 more" in shown.out


def test_lines_cannot_command_the_terminal(torc, attempts, write):
    write("slurm_output_WF_sl77.e", "Bus error \x1b]0;pwned\x07")

    assert "\x1b" not in torc("slurm", "parse-logs", attempts.workflow_id).out
    raw = torc("-f", "json", "slurm", "parse-logs", attempts.workflow_id)
    assert "\x1b" not in raw.out


@pytest.mark.parametrize("options", [(), ("-o", "elsewhere")])
def test_without_logs_the_message_says_where_was_looked(options, torc, attempts, tmp_path):
    (tmp_path / "elsewhere").mkdir()

    answer = torc("slurm", "parse-logs", attempts.workflow_id, *options)

    assert (answer.code, answer.out) == (4, "")
    assert f"Slurm allocations of workflow {attempts.workflow_id} in " in answer.err
    assert (options or ("", "output"))[1] in answer.err
    assert "--output-dir" in answer.err


def test_logs_are_found_where_a_runner_has_said_that_it_writes(torc, client, tmp_path):
    place = tmp_path / "shared" / "somewhere"
    place.mkdir(parents=True)
    scheduler = {"type": "slurm", "slurm_job_id": 77, "output_dir": str(place)}
    attempts = Attempts(client, compute_node_type="slurm", scheduler=scheduler)
    attempts.add("died", code=137)
    (place / f"slurm_output_wf{attempts.workflow_id}_sl77.e").write_text(OOM)

    found = torc("-f", "json", "slurm", "parse-logs", attempts.workflow_id).json
    report = torc("reports", "results", attempts.workflow_id).json

    assert (found["output_dir"], found["errors"]) == ("shared/somewhere", 1)
    assert report["results"][0]["slurm_stderr"] == found["issues"][0]["file"]


@pytest.mark.parametrize("said", ["relative", 7, None, "/nowhere"])
def test_a_place_that_is_none_is_not_looked_at(said, torc, client, tmp_path):
    (tmp_path / "output").mkdir()
    scheduler = {"type": "slurm", "slurm_job_id": 77, "output_dir": said}
    attempts = Attempts(client, compute_node_type="slurm", scheduler=scheduler)
    (tmp_path / "output" / f"slurm_output_wf{attempts.workflow_id}_sl77.e").write_text(OOM)

    assert torc("slurm", "parse-logs", attempts.workflow_id).code == 0


def test_what_is_no_regular_file_is_left_out(torc, attempts, write, tmp_path):
    write("slurm_output_WF_sl77.e", OOM)
    pipe = tmp_path / "output" / f"slurm_output_wf{attempts.workflow_id}_sl77.o"
    os.mkfifo(pipe)

    answer = torc("slurm", "parse-logs", attempts.workflow_id)

    assert "1 log of" in answer.out
    assert "was left out" in answer.err
