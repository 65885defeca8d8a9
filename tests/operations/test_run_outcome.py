"""Which command continues a run, and what is said of every run."""

from __future__ import annotations

import msgspec
import pytest

from torc_core.model.result import Result
from torc_core.operations.lifecycle.outcome import how_failed, next_command, remarks, run_sentence
from torc_core.runner.policy.outputs.written import Written, fault_of
from torc_core.runner.policy.summary import RunSummary


def summary(**fields):
    values = {
        "workflow_id": 7,
        "run_id": 2,
        "outcomes": {"completed": 1},
        "jobs_by_status": {"completed": 1},
        "duration_s": 3.0,
        "reason": "the workflow is complete",
        "exit_code": 0,
    }
    return RunSummary(**values | fields)


@pytest.mark.parametrize(
    ("jobs", "is_canceled", "command"),
    [
        ({"completed": 3, "failed": 1}, False, None),
        ({"ready": 1}, False, "run 7"),
        ({"blocked": 1}, False, "run 7"),
        ({"terminated": 1}, False, "run 7"),
        ({"terminated": 1}, True, "workflows resume 7"),
        ({"canceled": 1}, True, None),
    ],
)
def test_the_command_that_continues(jobs, is_canceled, command):
    assert next_command(summary(jobs_by_status=jobs, is_canceled=is_canceled)) == command


def test_a_failed_job_is_listed_with_what_its_command_did():
    failed = Result(
        job_id=1, workflow_id=7, run_id=2, compute_node_id=1, return_code=1,
        exec_time_minutes=1.0, completion_time="2026-01-01T00:00:00.000Z", status="failed",
    )  # fmt: skip
    fault = fault_of("out.csv", Written.MISSING)

    assert how_failed(failed, "") == "exit code 1"
    assert how_failed(failed, fault) == "exited with 0 but did not write its output file out.csv"
    killed = msgspec.structs.replace(failed, return_code=137)
    assert how_failed(killed, fault).startswith("exit code 137 (killed")


def test_a_run_in_one_line():
    assert run_sentence(summary(jobs_by_status={"completed": 2, "pending_failed": 1})) == (
        "Workflow 7, run 2: 2 completed, 1 pending failed in 3.0s (the workflow is complete)."
    )
    unanswered = summary(jobs_by_status={}, unanswered="No answer.", run_id=0)
    assert run_sentence(unanswered).startswith("Workflow 7: this runner's jobs: 1 completed,")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, []),
        ({"unanswered": "No answer."}, ["is not known: No answer."]),
        ({"jobs_by_status": {"running": 2}}, ["2 jobs are still held"]),
        ({"jobs_by_status": {"pending": 1}}, ["1 job is still held"]),
        ({"outcomes": {}}, ["torc workflows reinitialize 7"]),
        ({"outcomes": {}, "jobs_by_status": {"failed": 1}}, ["torc workflows resume 7"]),
        ({"outcomes": {}, "jobs_by_status": {"ready": 1}}, []),
        ({"lost_log_lines": 3}, ["log in out lacks 3 lines"]),
        ({"actions_left": ["One.", "Two."]}, ["One.", "Two."]),
    ],
)
def test_what_is_said_of_every_run(fields, said):
    found = list(remarks(summary(**fields), "out"))

    assert len(found) == len(said)
    for sentence, part in zip(found, said, strict=True):
        assert part in sentence
