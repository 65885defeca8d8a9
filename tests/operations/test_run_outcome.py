"""Which command continues a run, and what is said of every run."""

from __future__ import annotations

import pytest

from torc_core.operations.lifecycle.outcome import next_command, remarks, run_sentence
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
