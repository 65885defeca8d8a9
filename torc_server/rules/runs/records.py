"""The records of workflow runs: made, read, and changed by their runners."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection, Row, case, func, insert, select, update

from torc_core.clock import utc_text
from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.events.types import RunEnded, RunStarted
from torc_core.model.ids import ComputeNodeId, WorkflowId, WorkflowRunId
from torc_core.model.records.timers import DEFAULT_TIMERS, RunnerTimers
from torc_core.model.records.workflow_run import (
    LIVE,
    REPORTED,
    RunKind,
    RunProcess,
    RunStatus,
    StartRequest,
    WorkflowRun,
    WorkflowRunPatch,
)
from torc_server.rules.events import record
from torc_server.rules.workflows import is_resuming
from torc_server.storage import tables
from torc_server.storage.tables.workflow import WorkflowRow

RequestT = TypeVar("RequestT", bound=StartRequest)

_run = tables.workflow_run
_node = tables.compute_node
_LIVE = tuple(sorted(LIVE))

_LAST_SEEN = func.coalesce(
    select(_node.c.last_seen_at).where(_node.c.id == _run.c.compute_node_id).scalar_subquery(), 0
)
_BEAT = case((_run.c.heartbeat_at < _LAST_SEEN, _LAST_SEEN), else_=_run.c.heartbeat_at)
RUNS = select(_run, _BEAT.label("beat"))
"""A query for rows that `read_run` understands."""
IS_LIVE = _run.c.status.in_(_LIVE)


def create_run(
    conn: Connection,
    workflow: WorkflowRow,
    request: StartRequest,
    kind: RunKind,
    status: RunStatus,
    *,
    now_ms: int,
) -> WorkflowRunId:
    """Record a new run, and return its id.

    Raises:
        UsageError: The heartbeat interval or its buffer is not positive.
    """
    request = with_timers(request, DEFAULT_TIMERS)
    for name in ("heartbeat_interval", "report_by_buffer"):
        if not 0 < getattr(request, name) < float("inf"):
            raise UsageError(
                f"{name} is {getattr(request, name)}; it must be more than 0.", field=name
            )
    values = {
        "workflow_id": workflow.id,
        "run_id": workflow.run_id,
        "kind": kind.value,
        "status": status.value,
        "user": request.user,
        "request_key": request.key,
        "created_at": now_ms,
        "heartbeat_at": now_ms,
        "heartbeat_interval": request.heartbeat_interval,
        "report_by_buffer": request.report_by_buffer,
        **_process_columns(request.process),
    }
    key = conn.execute(insert(_run).values(values)).inserted_primary_key
    assert key is not None
    return WorkflowRunId(key[0])


def with_timers(request: RequestT, timers: RunnerTimers) -> RequestT:
    """Return a request with the server's timers in place of what it does not state. Pure."""
    interval_s, buffer = request.heartbeat_interval, request.report_by_buffer
    if interval_s is None:
        interval_s = timers.heartbeat_seconds
    if buffer is None:
        buffer = timers.suspect_seconds / timers.heartbeat_seconds
    return replace(request, heartbeat_interval=interval_s, report_by_buffer=buffer)


def record_start(
    conn: Connection, workflow_id: WorkflowId, run: WorkflowRun, jobs: int, *, now_ms: int
) -> None:
    """Record the event that a run has started, and how many jobs it made blocked or ready."""
    event = RunStarted(
        workflow_run_id=run.id,
        kind=run.kind,
        run_id=run.run_id,
        user=run.user,
        hostname=None if run.process is None else run.process.host,
        jobs=jobs,
    )
    record(conn, workflow_id, event, now_ms=now_ms)


def get_run(conn: Connection, run_id: WorkflowRunId, *, now_ms: int) -> WorkflowRun:
    """Return a run.

    Raises:
        NotFoundError: There is none.
    """
    row = conn.execute(RUNS.where(_run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError.of("workflow run", run_id)
    return read_run(row, now_ms=now_ms)


def find_runs(
    conn: Connection, workflow_id: WorkflowId, *conditions: Any, now_ms: int
) -> list[WorkflowRun]:
    """Return the runs of a workflow that meet conditions, newest first."""
    query = RUNS.where(_run.c.workflow_id == workflow_id, *conditions)
    rows = conn.execute(query.order_by(_run.c.id.desc()))
    return [read_run(row, now_ms=now_ms) for row in rows]


def find_repeated(
    conn: Connection, workflow_id: WorkflowId, key: str | None, *, now_ms: int
) -> WorkflowRun | None:
    """Return the run that an earlier try of a request made."""
    found = find_runs(conn, workflow_id, _run.c.request_key == key, now_ms=now_ms) if key else ()
    return next(iter(found), None)


def update_run(
    conn: Connection, run_id: WorkflowRunId, patch: WorkflowRunPatch, *, now_ms: int
) -> WorkflowRun:
    """Record what a runner reports of its run. Repeating the report changes nothing.

    Raises:
        NotFoundError: There is no such run.
        UsageError: A runner cannot report that status.
        ConflictError: It is to begin, but has ended already; or its workflow is being resumed.
    """
    before = get_run(conn, run_id, now_ms=now_ms)
    if patch.status in REPORTED:
        end_run(conn, before, patch.status, patch.exit_code, patch.reason, now_ms=now_ms)
        return get_run(conn, run_id, now_ms=now_ms)
    if patch.status is not RunStatus.RUNNING:
        known = ", ".join(sorted({RunStatus.RUNNING, *REPORTED}))
        raise UsageError(
            f"A runner cannot report that its run is {patch.status}.",
            hint=f"Use one of: {known}.",
            field="status",
            value=patch.status.value,
        )
    is_over = before.status == RunStatus.REPLACED or before.status in REPORTED
    if is_over or is_resuming(conn, before.workflow_id):
        state = f"it is {before.status}" if is_over else "its workflow is being resumed"
        raise ConflictError(
            f"Run {run_id} of workflow {before.workflow_id} cannot begin: {state}.",
            hint=f"Start another one: torc run {before.workflow_id}",
            status=before.status,
        )
    values: dict[str, Any] = {
        "status": patch.status.value,
        "heartbeat_at": now_ms,
        "ended_at": None,
    }
    if patch.compute_node_id is not None:
        values["compute_node_id"] = patch.compute_node_id
    values |= _process_columns(patch.process)
    conn.execute(update(_run).where(_run.c.id == run_id).values(values))
    return get_run(conn, run_id, now_ms=now_ms)


def end_run(
    conn: Connection,
    run: WorkflowRun,
    status: RunStatus,
    exit_code: int | None,
    reason: str | None,
    *,
    now_ms: int,
) -> None:
    """Record how a run ended; one that was replaced stays so, and one that ended stays as it is."""
    if run.ended_at is not None and run.status != RunStatus.LOST and run.exit_code is not None:
        return
    if run.status == RunStatus.REPLACED:
        status, reason = RunStatus.REPLACED, run.reason
    ended = update(_run).where(_run.c.id == run.id)
    conn.execute(
        ended.values(status=status.value, ended_at=now_ms, exit_code=exit_code, reason=reason)
    )
    event = RunEnded(
        workflow_run_id=run.id,
        kind=run.kind,
        run_id=run.run_id,
        status=status,
        exit_code=exit_code,
        reason=reason,
    )
    record(conn, run.workflow_id, event, now_ms=now_ms)


def end_runs_of_node(
    conn: Connection, workflow_id: WorkflowId, node_id: ComputeNodeId, *, reason: str, now_ms: int
) -> None:
    """Record that the runner of a node died, if its run has not ended."""
    own = _run.c.compute_node_id == node_id
    for run in find_runs(conn, workflow_id, own, IS_LIVE, now_ms=now_ms):
        end_run(conn, run, RunStatus.LOST, None, reason, now_ms=now_ms)


def continue_runs_of_node(conn: Connection, node_id: ComputeNodeId) -> None:
    """Record that the run of a node continues, whose runner was taken for dead and is back."""
    lost = update(_run).where(_run.c.compute_node_id == node_id, _run.c.status == RunStatus.LOST)
    conn.execute(lost.values(status=RunStatus.RUNNING.value, ended_at=None, reason=None))


def keep_alive(conn: Connection, run_id: WorkflowRunId, *, now_ms: int) -> None:
    """Record a heartbeat of a run that has no node yet."""
    conn.execute(update(_run).where(_run.c.id == run_id).values(heartbeat_at=now_ms))


def change_run(conn: Connection, run_id: WorkflowRunId, status: RunStatus, number: int) -> None:
    """Set the status of a run and its number."""
    changed = update(_run).where(_run.c.id == run_id)
    conn.execute(changed.values(status=status.value, run_id=number))


def is_overdue(heartbeat_ms: int, interval_s: float, buffer: float, now_ms: int) -> bool:
    """Return whether a heartbeat should have come by now. Pure."""
    return now_ms - heartbeat_ms > interval_s * buffer * 1000


def read_run(row: Row[Any], *, now_ms: int) -> WorkflowRun:
    """Return the wire form of a row."""
    late = is_overdue(row.beat, row.heartbeat_interval, row.report_by_buffer, now_ms)
    is_stalled = late and row.status in {RunStatus.PENDING, RunStatus.RUNNING}
    process = None
    if row.host is not None:
        process = RunProcess(
            host=row.host,
            boot_id=row.boot_id,
            pid=row.pid,
            pid_start=row.pid_start,
            pid_namespace=row.pid_namespace or 0,
        )
    return WorkflowRun(
        id=row.id,
        workflow_id=row.workflow_id,
        run_id=row.run_id,
        kind=row.kind,
        status=RunStatus.STALLED if is_stalled else row.status,
        user=row.user,
        process=process,
        compute_node_id=row.compute_node_id,
        created_at=utc_text(row.created_at),
        heartbeat_at=utc_text(row.beat),
        heartbeat_interval=row.heartbeat_interval,
        report_by_buffer=row.report_by_buffer,
        ended_at=None if row.ended_at is None else utc_text(row.ended_at),
        exit_code=row.exit_code,
        reason=row.reason,
    )


def _process_columns(process: RunProcess | None) -> dict[str, Any]:
    if process is None:
        return {}
    names = ("host", "boot_id", "pid", "pid_start", "pid_namespace")
    return {name: getattr(process, name) for name in names}
