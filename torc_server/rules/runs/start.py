"""Starting a workflow: in one transaction, and only if it is not started already.

Of two clients that start a workflow at once, the second finds that the first has initialized it,
and takes nothing back.
"""

from __future__ import annotations

from sqlalchemy import Connection, exists, select, update

from torc_core.errors import ConflictError
from torc_core.model.ids import WorkflowId
from torc_core.model.records.workflow_run import (
    RunKind,
    RunStatus,
    StartReply,
    StartRequest,
    WorkflowRun,
)
from torc_core.model.workflow import Message
from torc_server.rules.completion_status import is_uninitialized
from torc_server.rules.initialize import initialize_jobs
from torc_server.rules.resets import record_file_times
from torc_server.rules.runs.records import create_run, find_repeated, get_run, record_start
from torc_server.rules.runs.rivals import refuse_while_resuming
from torc_server.rules.runs.terminated import resume_terminated
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.tables.workflow import WorkflowRow


def start_workflow(
    conn: Connection, workflow_id: WorkflowId, request: StartRequest, *, now_ms: int
) -> StartReply:
    """Initialize a workflow unless that was done, and record a run of it, in one transaction.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: See `start_again`; or jobs depend on each other in a cycle.
    """
    reply = start_again(conn, workflow_id, request, now_ms=now_ms)
    if reply is not None:
        return reply
    begin_run(conn, workflow_id, request)
    initialized = initialize_jobs(conn, workflow_id, now_ms=now_ms)
    return record_first(conn, workflow_id, request, initialized, now_ms=now_ms)


def start_again(
    conn: Connection, workflow_id: WorkflowId, request: StartRequest, *, now_ms: int
) -> StartReply | None:
    """Record a run of a workflow that was initialized; None, and nothing changed: it was not.

    The terminated jobs of a workflow that was started before run again, unless they are kept.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived or canceled, or is being resumed.
    """
    workflow = find_workflow(conn, workflow_id)
    repeated = find_repeated(conn, workflow_id, request.key, now_ms=now_ms)
    if repeated is not None:
        return StartReply(run=repeated, is_new=False)
    refuse_archived(workflow)
    if workflow.is_canceled:
        raise ConflictError(
            f"Workflow {workflow_id} is canceled.",
            hint=f"Run what is left with: torc workflows resume {workflow_id}",
        )
    refuse_while_resuming(conn, workflow_id, now_ms=now_ms)
    if _is_unstarted(conn, workflow):
        return None
    jobs = 0 if request.keeps_terminated else resume_terminated(conn, workflow, now_ms=now_ms)
    run = _record(conn, workflow_id, request, jobs, now_ms=now_ms)
    return StartReply(run=run, is_new=False, resumed_jobs=jobs)


def begin_run(conn: Connection, workflow_id: WorkflowId, request: StartRequest) -> None:
    """Begin the first run of a workflow, whose jobs are initialized next."""
    workflow = tables.workflow
    conn.execute(
        update(workflow).where(workflow.c.id == workflow_id).values(run_id=workflow.c.run_id + 1)
    )
    record_file_times(conn, workflow_id, request.file_times)


def record_first(
    conn: Connection,
    workflow_id: WorkflowId,
    request: StartRequest,
    initialized: Message,
    *,
    now_ms: int,
) -> StartReply:
    """Record the first run of a workflow that was just initialized."""
    run = _record(conn, workflow_id, request, initialized.count or 0, now_ms=now_ms)
    return StartReply(run=run, is_new=True)


def _record(
    conn: Connection, workflow_id: WorkflowId, request: StartRequest, jobs: int, *, now_ms: int
) -> WorkflowRun:
    workflow = find_workflow(conn, workflow_id)
    run_id = create_run(conn, workflow, request, RunKind.START, RunStatus.PENDING, now_ms=now_ms)
    run = get_run(conn, run_id, now_ms=now_ms)
    record_start(conn, workflow_id, run, jobs, now_ms=now_ms)
    return run


def refuse_archived(workflow: WorkflowRow) -> None:
    """Refuse to run what is archived.

    Raises:
        ConflictError: It is archived.
    """
    if workflow.is_archived:
        raise ConflictError(
            f"Workflow {workflow.id} is archived.",
            hint=f"Restore it first: torc workflows archive false {workflow.id}",
        )


def _is_unstarted(conn: Connection, workflow: WorkflowRow) -> bool:
    """Return whether no job is initialized; a workflow without jobs is started once."""
    if not is_uninitialized(conn, workflow.id):
        return False
    has_jobs = select(exists().where(tables.job.c.workflow_id == workflow.id))
    return workflow.run_id == 0 or bool(conn.execute(has_jobs).scalar_one())
