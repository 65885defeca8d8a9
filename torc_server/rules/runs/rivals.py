"""Who else is starting or resuming a workflow at this moment."""

from __future__ import annotations

from sqlalchemy import Connection

from torc_core.errors import ConflictError
from torc_core.model.ids import WorkflowId
from torc_core.model.records.workflow_run import RunKind, RunStatus, WorkflowRun
from torc_server.rules.attempts.results import milliseconds
from torc_server.rules.runs.records import end_run, find_runs, is_overdue
from torc_server.storage import tables

_run = tables.workflow_run
_RESUMES = (RunKind.HOT_RESUME.value, RunKind.COLD_RESUME.value)


def refuse_while_resuming(conn: Connection, workflow_id: WorkflowId, *, now_ms: int) -> None:
    """Refuse to start a workflow while a cold resume waits for its jobs to end.

    A resume whose client is gone is over.

    Raises:
        ConflictError: It is being resumed.
    """
    resuming = _run.c.status == RunStatus.RESUMING.value
    for run in find_runs(conn, workflow_id, resuming, now_ms=now_ms):
        heartbeat_ms = milliseconds(run.heartbeat_at, now_ms)
        if not is_overdue(heartbeat_ms, run.heartbeat_interval, run.report_by_buffer, now_ms):
            raise _conflict(run, "is being resumed")
        end_run(conn, run, RunStatus.LOST, None, "its client went silent", now_ms=now_ms)


def refuse_rivals(conn: Connection, workflow_id: WorkflowId, age_s: float, *, now_ms: int) -> None:
    """Refuse to resume a workflow that another client has resumed since this one was asked to.

    Args:
        conn: The writer's connection.
        workflow_id: The workflow.
        age_s: How long ago this client was asked to.
        now_ms: Now.

    Raises:
        ConflictError: Another resume was first.
    """
    refuse_while_resuming(conn, workflow_id, now_ms=now_ms)
    asked_ms = now_ms - int(max(age_s, 0.0) * 1000)
    rivals = find_runs(
        conn,
        workflow_id,
        _run.c.kind.in_(_RESUMES),
        (_run.c.created_at >= asked_ms) | (_run.c.status == RunStatus.PENDING.value),
        now_ms=now_ms,
    )
    # One that ended without having begun resumed nothing; one that stalls will not begin.
    over = {RunStatus.STALLED, RunStatus.LOST, RunStatus.FAILED}
    for run in rivals:
        if run.status not in over:
            raise _conflict(run, "has been resumed already")


def _conflict(run: WorkflowRun, what: str) -> ConflictError:
    where = ""
    if run.process is not None:
        where = f"@{run.process.host} (PID {run.process.pid})"
    return ConflictError(
        f"Workflow {run.workflow_id} {what} by {run.user}{where}: run record {run.id}.",
        hint=f"See how it goes: torc workflows runs {run.workflow_id}",
        workflow_run_id=run.id,
    )
