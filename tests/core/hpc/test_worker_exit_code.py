"""With what exit code a worker ends, by which Slurm judges its allocation."""

import pytest

from torc_core.errors import ExitCode
from torc_core.hpc.slurm.job_runner import worker_exit_code
from torc_core.model.status import JobStatus
from torc_core.runner.policy.summary import RunSummary


@pytest.mark.parametrize(
    ("said", "outcomes", "unanswered", "code"),
    [
        (ExitCode.OK, {JobStatus.COMPLETED: 1}, "", ExitCode.OK),
        (ExitCode.JOBS_FAILED, {JobStatus.COMPLETED: 1}, "", ExitCode.OK),
        (ExitCode.JOBS_FAILED, {JobStatus.FAILED: 1}, "", ExitCode.JOBS_FAILED),
        (ExitCode.JOBS_FAILED, {}, "The server does not answer.", ExitCode.JOBS_FAILED),
        (ExitCode.TERMINATED, {JobStatus.COMPLETED: 1}, "", ExitCode.TERMINATED),
    ],
)
def test_an_allocation_fails_only_by_its_own_jobs(said, outcomes, unanswered, code):
    summary = RunSummary(
        workflow_id=1,
        run_id=1,
        outcomes=outcomes,
        jobs_by_status={"ready": 3},
        duration_s=1.0,
        reason="",
        unanswered=unanswered,
        exit_code=said,
    )
    assert worker_exit_code(summary) == code
