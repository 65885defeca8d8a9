"""Setting the status of single jobs manually, and retrying them."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, select, update

from torc_core.errors import TransitionError, UsageError
from torc_core.model.events.jobs import (
    JobRetried,
)
from torc_core.model.events.types import (
    JobStatusSet,
)
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.job import Job, JobsChange, JobsChangeReply, JobsChangeRequest
from torc_core.model.status import ACTIVE, ENDED, RETRIABLE, JobStatus, may_follow
from torc_server.errors import OutcomeError, RetryLimitError
from torc_server.rules.attempts.cancel import cancel_job, stop_attempts
from torc_server.rules.attempts.claims import Claimer, take
from torc_server.rules.attempts.client_reports import check_run
from torc_server.rules.attempts.results import revoke_attempts
from torc_server.rules.dependencies.propagation import Change, propagate
from torc_server.rules.dependencies.settled import counts_as
from torc_server.rules.events import record
from torc_server.rules.jobs import SomeJob, find_job, get_job, mark_retried
from torc_server.rules.transitions import illegal
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record
from torc_server.storage.tables.job import JobRow

_job = tables.job
_result = tables.result

MOST_CHANGED = 10_000
"""The most jobs that one call changes."""
_MANUAL = frozenset({JobStatus.CANCELED, JobStatus.FAILED})
"""What can be set manually: a job is canceled, or one that is pending_failed fails."""

_MOVE = (
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(
        status=bindparam("to_status"),
        attempt_id=bindparam("attempt"),
        compute_node_id=bindparam("node_id"),
        started_at=bindparam("started"),
    )
)
_FIND = Prepared(
    select(_job.c.workflow_id, _job.c.status, _job.c.attempt_id).where(
        _job.c.id == bindparam("job_id")
    )
)
_LAST_RECORDED = select(func.coalesce(func.max(_result.c.attempt_id), 0)).where(
    _result.c.job_id == bindparam("of_job"), _result.c.run_id == bindparam("in_run")
)


def manage_status_change(
    conn: Connection, job_id: JobId, target: JobStatus, run_id: int, *, now_ms: int
) -> Job:
    """Set the status of a job. Setting it to what it is changes nothing.

    A job can be canceled, and one that is pending_failed can be failed; the outcome of any other
    has to be reported. Any job can be reset, which resets those too that depend on it directly and
    completed or failed. A job set to pending counts as claimed, and so does a ready one set to
    running; one set to ready after it has run gets a new attempt.

    Raises:
        NotFoundError: There is no such job.
        UsageError: The status is an outcome that has to be reported.
        TransitionError: The workflow is at another run, or no transition leads to the status.
    """
    job = find_job(conn, job_id)
    present = JobStatus.from_number(job.status)
    if target in ENDED - _MANUAL:
        raise UsageError(
            f"A job cannot be set to {target.value} manually; report its completion with "
            "complete_job.",
            field="status",
            value=target.value,
        )
    if present is target:
        return get_job(conn, job_id)
    check_run(find_workflow(conn, job.workflow_id), run_id)
    is_undecided = target is JobStatus.FAILED and present is not JobStatus.PENDING_FAILED
    if is_undecided or not _may_be_set(present, target):
        hint = "Report its completion with complete_job." if is_undecided else ""
        error = OutcomeError if target in ENDED else TransitionError
        raise illegal(job, target, hint=hint, error=error)
    if target is JobStatus.CANCELED:
        return cancel_job(conn, job, run_id=run_id, now_ms=now_ms)
    attempt_id = job.attempt_id
    if present is JobStatus.READY and target in ACTIVE:
        numbers = take(conn, Claimer(job.workflow_id, run_id), [job], now_ms=now_ms)
        attempt_id = numbers.get(job_id, attempt_id)
    if target is not JobStatus.PENDING:
        _set(conn, job, target, attempt_id, run_id=run_id, now_ms=now_ms)
    event = JobStatusSet(job_id=job_id, job_name=job.name, status=target)
    record(conn, job.workflow_id, event, now_ms=now_ms)
    return get_job(conn, job_id)


def change_jobs(
    conn: Connection, workflow_id: WorkflowId, request: JobsChangeRequest, *, now_ms: int
) -> JobsChangeReply:
    """Cancel or retry many jobs, each as `manage_status_change` and `retry_job` do it.

    Those that are gone, or in no status for it when their turn comes, are left out. A retried job
    has one more attempt, however many it had.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: These are too many jobs.
        TransitionError: The workflow is at another run.
    """
    if len(request.job_ids) > MOST_CHANGED:
        raise UsageError(
            f"{len(request.job_ids):,} jobs are too many for one call.",
            hint=f"Change at most {MOST_CHANGED:,} at a time.",
        )
    run_id = request.run_id
    check_run(find_workflow(conn, workflow_id), run_id)
    changed = []
    for job_id in dict.fromkeys(request.job_ids):
        job = _FIND.first(conn, job_id=job_id)  # the one before may have changed it
        if job is None or job.workflow_id != workflow_id:
            continue
        present = JobStatus.from_number(job.status)
        if request.change is JobsChange.RETRY:
            if present not in RETRIABLE - {JobStatus.RUNNING}:
                continue
            retry_job(conn, job_id, run_id, job.attempt_id + 1, now_ms=now_ms)
        elif _may_be_set(present, JobStatus.CANCELED):
            manage_status_change(conn, job_id, JobStatus.CANCELED, run_id, now_ms=now_ms)
        else:
            continue
        changed.append(job_id)
    return JobsChangeReply(job_ids=changed)


def _may_be_set(present: JobStatus, target: JobStatus) -> bool:
    """Return whether a job may be set from one status to another.

    Beyond the transitions that follow from a job's life, a client may reset any job, and run one
    that it did not claim.
    """
    return (
        target is JobStatus.UNINITIALIZED
        or (present, target) == (JobStatus.READY, JobStatus.RUNNING)
        or may_follow(present, target)
    )


def retry_job(
    conn: Connection, job_id: JobId, run_id: int, max_retries: int, *, now_ms: int
) -> Job:
    """Make a job ready for its next attempt.

    The results of its attempts stay. A client that retries a running job, as the reference's
    runners do, has reported no result of that attempt, so there is none.

    Raises:
        NotFoundError: There is no such job.
        TransitionError: The job is neither running nor failed, the workflow is at another run, or
            the attempts are used up.
    """
    job = find_job(conn, job_id)
    present = JobStatus.from_number(job.status)
    check_run(find_workflow(conn, job.workflow_id), run_id)
    if present not in RETRIABLE:
        raise illegal(
            job,
            JobStatus.READY,
            verb="be retried",
            hint=f"A job can be retried when it is {', '.join(sorted(RETRIABLE))}.",
        )
    if job.attempt_id >= max_retries:
        raise RetryLimitError(
            f"Job {job_id} ({job.name}) has used {job.attempt_id} of {max_retries} attempts.",
            hint="Allow more retries.",
            attempt_id=job.attempt_id,
        )
    if present is JobStatus.RUNNING:
        revoke_attempts(conn, [(job, JobStatus.FAILED)], now_ms=now_ms)
    change = _move(conn, job, JobStatus.READY, attempt_id=job.attempt_id + 1)
    mark_retried(conn, [job_id])
    event = JobRetried(
        job_id=job_id, job_name=job.name, attempt_id=job.attempt_id + 1, run_id=run_id
    )
    record(conn, job.workflow_id, event, now_ms=now_ms)
    propagate(conn, job.workflow_id, [change], run_id=run_id, now_ms=now_ms)
    return get_job(conn, job_id)


def _set(
    conn: Connection, job: JobRow, target: JobStatus, attempt_id: int, *, run_id: int, now_ms: int
) -> None:
    """Set the status of a job, whose attempt has that number, with all that follows."""
    if target not in ACTIVE:
        stop_attempts(conn, [job.id], now_ms=now_ms)
    if target is JobStatus.READY:  # results are kept by attempt, so each attempt has one at most
        recorded = conn.execute(_LAST_RECORDED, {"of_job": job.id, "in_run": run_id})
        attempt_id = max(attempt_id, recorded.scalar_one() + 1)
    started = now_ms if target is JobStatus.RUNNING else None
    changes = [_move(conn, job, target, attempt_id=attempt_id, started=started)]
    if target is JobStatus.UNINITIALIZED and JobStatus.from_number(job.status) in ENDED:
        changes += [_move(conn, row, target) for row in _ended_dependents(conn, job.id)]
    propagate(conn, job.workflow_id, changes, run_id=run_id, now_ms=now_ms)


def _move(
    conn: Connection,
    job: SomeJob,
    target: JobStatus,
    *,
    attempt_id: int | None = None,
    started: int | None = None,
) -> Change:
    conn.execute(
        _MOVE,
        {
            "of_job": job.id,
            "to_status": target.number,
            "attempt": attempt_id or job.attempt_id,
            "node_id": job.compute_node_id if target in ACTIVE else None,
            "started": started,
        },
    )
    return Change(job.id, counts_as(job), target)


def _ended_dependents(conn: Connection, job_id: JobId) -> list[Record]:
    member = tables.dependency_set_member.c
    containing = select(member.set_id).where(member.job_id == job_id)
    ended = [JobStatus.COMPLETED.number, JobStatus.FAILED.number]
    return list(
        conn.execute(
            select(_job).where(_job.c.dependency_set_id.in_(containing), _job.c.status.in_(ended))
        )
    )
