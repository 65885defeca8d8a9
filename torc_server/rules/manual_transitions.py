"""Moving single jobs by hand, and asking how far a workflow is."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, exists, func, or_, select, update

from torc_core.errors import TransitionError, UsageError
from torc_core.model.artifact import FileIds, UserDataIds
from torc_core.model.event_types import JobRetried, JobStatusSet
from torc_core.model.job import Job
from torc_core.model.status import ACTIVE, ENDED, RETRIABLE, JobStatus, may_follow
from torc_core.model.workflow import IsComplete
from torc_server.errors import OutcomeError, RetryLimitError
from torc_server.rules.attempts.cancel import cancel_job, stop_attempts
from torc_server.rules.attempts.claims import Claimer, take
from torc_server.rules.attempts.client_reports import check_run
from torc_server.rules.attempts.results import revoke_attempts
from torc_server.rules.dependencies.propagation import Change, propagate
from torc_server.rules.events import record
from torc_server.rules.jobs import find_job, get_job, mark_retried
from torc_server.rules.transitions import illegal
from torc_server.rules.workflows import find_workflow, has_open_jobs
from torc_server.storage import tables
from torc_server.storage.statements import Record

_job = tables.job
_result = tables.result

_BY_HAND = frozenset({JobStatus.CANCELED, JobStatus.FAILED})
"""Ends that a person may decide: to cancel a job, and to let one fail that waits for that."""

_MOVE = (
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(
        status=bindparam("to_status"),
        attempt_id=bindparam("attempt"),
        compute_node_id=bindparam("node_id"),
        started_at=bindparam("began"),
    )
)
_LAST_RECORDED = select(func.coalesce(func.max(_result.c.attempt_id), 0)).where(
    _result.c.job_id == bindparam("of_job"), _result.c.run_id == bindparam("in_run")
)


def manage_status_change(
    conn: Connection, job_id: int, wanted: JobStatus, run_id: int, *, now_ms: int
) -> Job:
    """Put a job into another status. The same status again changes nothing.

    Beside open statuses, a job may be cancelled, and one that waits for a decision may be let
    fail. A job that had ended and is taken back takes those with it that wait for it, and completed
    or failed. Made pending it counts as claimed; made ready after it has run, as a new attempt.

    Raises:
        NotFoundError: There is no such job.
        UsageError: The status is an end that only a runner reports.
        TransitionError: The workflow is at another run, or no way leads to the status.
    """
    job = find_job(conn, job_id)
    present = JobStatus.from_number(job.status)
    if wanted in ENDED - _BY_HAND:
        raise UsageError(
            f"A job becomes {wanted.value} when its end is reported, not by hand.",
            hint="Report the end with complete_job.",
            field="status",
            value=wanted.value,
        )
    if present is wanted:
        return get_job(conn, job_id)
    check_run(find_workflow(conn, job.workflow_id), run_id)
    undecided = wanted is JobStatus.FAILED and present is not JobStatus.PENDING_FAILED
    if undecided or not may_follow(present, wanted):
        hint = "The end of a job is reported with complete_job." if undecided else ""
        error = OutcomeError if wanted in ENDED else TransitionError
        raise illegal(job, wanted, hint=hint, error=error)
    if wanted is JobStatus.CANCELED:
        return cancel_job(conn, job, run_id=run_id, now_ms=now_ms)
    if wanted is JobStatus.PENDING:
        take(conn, Claimer(job.workflow_id, run_id), [job], now_ms=now_ms)
    else:
        _put(conn, job, wanted, run_id=run_id, now_ms=now_ms)
    event = JobStatusSet(job_id=job_id, job_name=job.name, status=wanted)
    record(conn, job.workflow_id, event, now_ms=now_ms)
    return get_job(conn, job_id)


def retry_job(conn: Connection, job_id: int, run_id: int, max_retries: int, *, now_ms: int) -> Job:
    """Make a job ready for its next attempt.

    The results of its attempts stay. A client that retries a running job, as the reference's
    runners do, has reported no result of that attempt, so there is none.

    Raises:
        NotFoundError: There is no such job.
        TransitionError: The job is neither running nor did it fail, the workflow is at another
            run, or the attempts are used up.
    """
    job = find_job(conn, job_id)
    present = JobStatus.from_number(job.status)
    check_run(find_workflow(conn, job.workflow_id), run_id)
    if present not in RETRIABLE:
        raise illegal(
            job,
            JobStatus.READY,
            verb="be retried",
            hint=f"A job is retried when it is {', '.join(sorted(RETRIABLE))}.",
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


def is_complete(conn: Connection, workflow_id: int) -> IsComplete:
    """Return whether no job of a workflow is left, or it was cancelled.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = find_workflow(conn, workflow_id)
    return IsComplete(
        is_canceled=workflow.is_canceled,
        is_complete=workflow.is_canceled or not has_open_jobs(conn, workflow_id),
        needs_to_run_completion_script=workflow.has_detected_need_to_run_completion_script,
    )


def is_uninitialized(conn: Connection, workflow_id: int) -> bool:
    """Return whether every job of a workflow is uninitialized or disabled.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    others = [
        status.number
        for status in JobStatus
        if status not in {JobStatus.UNINITIALIZED, JobStatus.DISABLED}
    ]
    begun = exists().where(_job.c.workflow_id == workflow_id, _job.c.status.in_(others))
    return not conn.execute(select(begun)).scalar_one()


def required_existing_files(conn: Connection, workflow_id: int) -> FileIds:
    """Return the ascending ids of the files that must be there before the workflow goes on.

    Those that jobs read and none writes, and those that completed jobs wrote.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    file, read, written = tables.file.c, tables.job_input_file.c, tables.job_output_file.c
    is_read = exists().where(read.file_id == file.id)
    is_written = exists().where(written.file_id == file.id)
    is_done = exists().where(written.file_id == file.id, written.job_id == _job.c.id, _IS_COMPLETED)
    query = select(file.id).where(
        file.workflow_id == workflow_id, or_(is_read & ~is_written, is_done)
    )
    return FileIds(files=list(conn.execute(query.order_by(file.id)).scalars()))


def missing_user_data(conn: Connection, workflow_id: int) -> UserDataIds:
    """Return the ascending ids of the user data that must be filled, and is empty.

    What must be filled follows the rule of `required_existing_files`.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    data = tables.user_data.c
    read, written = tables.job_input_user_data.c, tables.job_output_user_data.c
    is_read = exists().where(read.user_data_id == data.id)
    is_written = exists().where(written.user_data_id == data.id)
    is_done = exists().where(
        written.user_data_id == data.id, written.job_id == _job.c.id, _IS_COMPLETED
    )
    query = select(data.id).where(
        data.workflow_id == workflow_id, data.data.is_(None), or_(is_read & ~is_written, is_done)
    )
    return UserDataIds(user_data=list(conn.execute(query.order_by(data.id)).scalars()))


_IS_COMPLETED = _job.c.status == JobStatus.COMPLETED.number


def _put(conn: Connection, job: Record, wanted: JobStatus, *, run_id: int, now_ms: int) -> None:
    """Move a job, with all that follows."""
    if wanted not in ACTIVE:
        stop_attempts(conn, [job.id], now_ms=now_ms)
    attempt_id = job.attempt_id
    if wanted is JobStatus.READY:  # results are kept by attempt, so each attempt has one at most
        recorded = conn.execute(_LAST_RECORDED, {"of_job": job.id, "in_run": run_id})
        attempt_id = max(attempt_id, recorded.scalar_one() + 1)
    began = now_ms if wanted is JobStatus.RUNNING else None
    changes = [_move(conn, job, wanted, attempt_id=attempt_id, began=began)]
    if wanted is JobStatus.UNINITIALIZED and JobStatus.from_number(job.status) in ENDED:
        changes += [_move(conn, row, wanted) for row in _ended_dependents(conn, job.id)]
    propagate(conn, job.workflow_id, changes, run_id=run_id, now_ms=now_ms)


def _move(
    conn: Connection,
    job: Record,
    wanted: JobStatus,
    *,
    attempt_id: int | None = None,
    began: int | None = None,
) -> Change:
    conn.execute(
        _MOVE,
        {
            "of_job": job.id,
            "to_status": wanted.number,
            "attempt": attempt_id or job.attempt_id,
            "node_id": job.compute_node_id if wanted in ACTIVE else None,
            "began": began,
        },
    )
    return Change(job.id, JobStatus.from_number(job.status), wanted)


def _ended_dependents(conn: Connection, job_id: int) -> list[Record]:
    member = tables.dependency_set_member.c
    containing = select(member.set_id).where(member.job_id == job_id)
    ended = [JobStatus.COMPLETED.number, JobStatus.FAILED.number]
    return list(
        conn.execute(
            select(_job).where(_job.c.dependency_set_id.in_(containing), _job.c.status.in_(ended))
        )
    )
