import pytest

from torc_core.errors import ExitCode
from torc_core.runner.policy.summary import (
    COMPLETE,
    RunSummary,
    exit_code,
    final_status,
    reason_shown,
)


@pytest.mark.parametrize(
    ("counts", "stop", "code"),
    [
        ({"completed": 3, "failed": 0, "disabled": 1}, None, ExitCode.OK),
        ({"completed": 3, "failed": 1}, None, ExitCode.JOBS_FAILED),
        ({"completed": 3, "blocked": 1}, None, ExitCode.JOBS_FAILED),
        ({"disabled": 2}, None, ExitCode.OK),
        ({}, None, ExitCode.JOBS_FAILED),
        ({"completed": 3}, ExitCode.INTERRUPTED, ExitCode.INTERRUPTED),
        ({}, ExitCode.TERMINATED, ExitCode.TERMINATED),
    ],
)
def test_a_run_succeeds_only_if_every_job_completed(counts, stop, code):
    assert exit_code(counts, stop) is code


@pytest.mark.parametrize(
    ("code", "is_canceled", "word"),
    [
        (0, False, "completed"),
        (1, False, "failed"),
        (1, True, "canceled"),
        (130, False, "interrupted"),
        (143, False, "interrupted"),
        (130, True, "canceled"),
        (9, False, "failed"),
    ],
)
def test_a_run_ends_in_one_word(code, is_canceled, word):
    summary = RunSummary(
        workflow_id=1,
        run_id=1,
        outcomes={},
        jobs_by_status={},
        duration_s=0.0,
        reason="",
        is_canceled=is_canceled,
        exit_code=code,
    )
    assert final_status(summary) == word


@pytest.mark.parametrize(
    ("reason", "jobs", "shown"),
    [
        (COMPLETE, {"completed": 1}, COMPLETE),
        (COMPLETE, {"completed": 9, "failed": 1}, "the workflow ended with failures"),
        (COMPLETE, {"completed": 9, "canceled": 1}, "the workflow ended with canceled jobs"),
        (COMPLETE, {"completed": 1, "terminated": 1}, "jobs were stopped, and no other may run"),
        ("the workflow was canceled", {"terminated": 1}, "the workflow was canceled"),
    ],
)
def test_only_a_workflow_without_failures_is_called_complete(reason, jobs, shown):
    assert reason_shown(reason, jobs) == shown
