"""Canceling workflows and jobs, and asking runners to stop what runs.

A runner is asked in its next exchange to stop a process. The attempt stays open until the runner
reports its completion.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BindParameter, Connection, bindparam, exists, select, update

from torc_core.model.action import TriggerType
from torc_core.model.events.jobs import (
    JobCanceled,
)
from torc_core.model.events.types import (
    WorkflowCanceled,
)
from torc_core.model.ids import ComputeNodeId, JobId, WorkflowId
from torc_core.model.job import Job
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.model.workflow import WorkflowStatus
from torc_server.rules import actions
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.dependencies.propagation import Change, count_changes, propagate
from torc_server.rules.events import record, record_many
from torc_server.rules.jobs import NO_HOLDER, SomeJob, get_job
from torc_server.rules.workflows import find_workflow, status_of
from torc_server.storage import tables
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.job import JobRow

_job = tables.job
_attempt = tables.attempt
_IDS: BindParameter[int] = bindparam("ids", expanding=True)

_HELD = select(_job.c.id, _job.c.name, _job.c.status).where(
    _job.c.workflow_id == bindparam("workflow_id"),
    _job.c.status.in_([status.number for status in ACTIVE]),
)
_CANCEL = Prepared(
    update(_job).where(_job.c.id.in_(_IDS)).values(status=JobStatus.CANCELED.number, **NO_HOLDER)
)
_OPEN = update(_attempt).where(
    _attempt.c.job_id.in_(_IDS), _attempt.c.ended_at.is_(None), _attempt.c.outcome.is_(None)
)
_REQUEST_KILL = Prepared(
    _OPEN.where(_attempt.c.compute_node_id.is_not(None)).values(
        outcome=AttemptOutcome.CANCEL_REQUESTED
    )
)
_CLOSE = Prepared(
    _OPEN.where(_attempt.c.compute_node_id.is_(None)).values(
        outcome=AttemptOutcome.CANCELED, ended_at=bindparam("now")
    )
)


_CLAIMED_AGAIN = (
    exists()
    .where(
        _job.c.id == _attempt.c.job_id,
        _job.c.compute_node_id == _attempt.c.compute_node_id,
        _job.c.token > _attempt.c.token,
    )
    .correlate(_attempt)
)
_KILL_REQUESTED = (
    _attempt.c.compute_node_id == bindparam("node_id"),
    _attempt.c.ended_at.is_(None),
    _attempt.c.outcome.is_not(None),
    ~_CLAIMED_AGAIN,  # a runner is sent ids of jobs, not of attempts: it would stop the new one
)
HAS_KILL_REQUESTS = exists().where(*_KILL_REQUESTED)
"""Whether the runner of `node_id` is to stop some job."""
_TO_KILL = select(_attempt.c.job_id, _attempt.c.outcome).where(*_KILL_REQUESTED)
_KILL_SENT = (
    update(_attempt)
    .where(
        _attempt.c.compute_node_id == bindparam("of_node"),
        _attempt.c.ended_at.is_(None),
        _attempt.c.outcome == AttemptOutcome.CANCEL_REQUESTED,
    )
    .values(outcome=AttemptOutcome.CANCELING)
)


def kill_requests(conn: Connection, node_id: ComputeNodeId) -> tuple[list[JobId], bool]:
    """Return the jobs that a runner is to stop, and whether it has not been asked for some."""
    found = conn.execute(_TO_KILL, {"node_id": node_id}).all()
    is_new = any(row.outcome == AttemptOutcome.CANCEL_REQUESTED for row in found)
    if is_new:
        conn.execute(_KILL_SENT, {"of_node": node_id})
    return [row.job_id for row in found], is_new


def stop_attempts(conn: Connection, job_ids: Collection[JobId], *, now_ms: int) -> None:
    """Have the runners of jobs stop them; attempts that none of our runners holds are closed."""
    _REQUEST_KILL.run_of(conn, job_ids)
    _CLOSE.run_of(conn, job_ids, now=now_ms)


def cancel_workflow(conn: Connection, workflow_id: WorkflowId, *, now_ms: int) -> WorkflowStatus:
    """Cancel a workflow: no job can be claimed any more, and what runs is stopped.

    Jobs that wait stay as they are, so that a reset can continue from here. Repeating the call
    changes nothing.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = find_workflow(conn, workflow_id)
    held = conn.execute(_HELD, {"workflow_id": workflow_id}).all()
    if workflow.is_canceled and not held:
        return status_of(workflow)
    conn.execute(
        update(tables.workflow).where(tables.workflow.c.id == workflow_id).values(is_canceled=True)
    )
    _cancel(conn, held, now_ms=now_ms)
    changes = [_change(row) for row in held]
    count_changes(conn, changes)
    actions.count(conn, TriggerType.ON_JOBS_COMPLETE, changes)
    events = [_event(row, workflow.run_id) for row in held]
    canceled = WorkflowCanceled(run_id=workflow.run_id, jobs=len(held))
    record_many(conn, workflow_id, [*events, canceled], now_ms=now_ms)
    return status_of(find_workflow(conn, workflow_id))


def cancel_job(conn: Connection, job: JobRow, *, run_id: int, now_ms: int) -> Job:
    """Cancel one job that is not complete, with all that follows for those downstream."""
    _cancel(conn, [job], now_ms=now_ms)
    record(conn, job.workflow_id, _event(job, run_id), now_ms=now_ms)
    propagate(conn, job.workflow_id, [_change(job)], run_id=run_id, now_ms=now_ms)
    return get_job(conn, job.id)


def _cancel(conn: Connection, jobs: Collection[SomeJob], *, now_ms: int) -> None:
    job_ids = [job.id for job in jobs]
    _CANCEL.run_of(conn, job_ids)
    stop_attempts(conn, job_ids, now_ms=now_ms)


def _change(job: SomeJob) -> Change:
    return Change(job.id, JobStatus.from_number(job.status), JobStatus.CANCELED)


def _event(job: SomeJob, run_id: int) -> JobCanceled:
    return JobCanceled(job_id=job.id, job_name=job.name, status=JobStatus.CANCELED, run_id=run_id)
