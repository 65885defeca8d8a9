"""What the server makes of a report on an attempt. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from torc_core.errors import UsageError
from torc_core.model.exchange import ReportOutcome
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.model.status import ACTIVE, REPORTABLE, JobStatus
from torc_server.rules.attempts.outcome import RELEASES, RETURNABLE
from torc_server.storage.statements import Record

MAX_ATTEMPT = 1_000_000
"""The highest number of an attempt that a client may name; the next ones have room above it."""

AFTER_LOSS = frozenset({JobStatus.READY, JobStatus.PENDING_FAILED})
"""Where a job waits whose attempt was lost, so that its runner may still come back with it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where jobs ran."""

    workflow_id: WorkflowId
    run_id: int
    compute_node_id: ComputeNodeId
    is_known: bool = True
    """Whether there is a record of the node."""


def classify_report(
    job: Record | None, token: int, attempt: Record | None, status: JobStatus | None
) -> ReportOutcome:
    """Return what the server makes of a report on an attempt.

    Args:
        job: The job as it is, if it exists.
        token: The attempt that the report is about.
        attempt: What is known of that attempt; looked at only when the job is not held under
            this token.
        status: The reported one; None for a release.
    """
    if job is None:
        return ReportOutcome.UNKNOWN
    if is_held(job, token):
        return ReportOutcome.OK
    if attempt is None:
        return ReportOutcome.ILLEGAL
    is_latest = job.token == token
    refused = ReportOutcome.ILLEGAL if job.token <= token else ReportOutcome.FENCED
    present = JobStatus.from_number(job.status)
    if attempt.ended_at is None:
        # It was canceled while its process ran, which has exited since.
        has_no_result = job.last_recorded < job.attempt_id
        is_expected = is_latest and present is JobStatus.CANCELED and has_no_result
        return ReportOutcome.OK if is_expected else refused
    if attempt.outcome in (RELEASES if status is None else {status.value}):
        return ReportOutcome.DUPLICATE
    # Its runner was believed lost too early, and the job has not been claimed again.
    is_back = attempt.outcome in RETURNABLE and is_latest and present in AFTER_LOSS
    return ReportOutcome.OK if is_back else refused


def is_held(job: Record | None, token: int) -> bool:
    """Return whether a runner holds the job under this token."""
    return job is not None and job.token == token and JobStatus.from_number(job.status) in ACTIVE


def check_status(status: JobStatus) -> None:
    """Make sure that a job may complete with a status.

    Raises:
        UsageError: It may not.
    """
    if status not in REPORTABLE:
        raise UsageError(
            f"A job cannot be completed as {status.value}.",
            hint=f"Use one of: {', '.join(sorted(REPORTABLE))}.",
            field="status",
            value=status.value,
        )


def check_attempt(attempt_id: int) -> None:
    """Make sure that a number which a client names may be that of an attempt.

    Raises:
        UsageError: It is not from 1 to 1,000,000.
    """
    if not 1 <= attempt_id <= MAX_ATTEMPT:
        raise UsageError(
            f"There is no attempt {attempt_id}.",
            hint="Attempts count from 1; get_job returns the present one as attempt_id.",
            field="attempt_id",
            value=attempt_id,
        )
