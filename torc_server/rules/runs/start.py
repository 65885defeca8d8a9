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
)
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
    """Initialize a workflow unless that was done, and record a run of it.

    The terminated jobs of a workflow that was started before run again.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived or canceled, or is being resumed; or jobs depend on each other
            in a cycle.
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
    is_new = _is_unstarted(conn, workflow)
    if is_new:
        jobs = _initialize(conn, workflow, request, now_ms=now_ms)
    else:
        jobs = resume_terminated(conn, workflow, now_ms=now_ms)
    workflow = find_workflow(conn, workflow_id)
    run_id = create_run(conn, workflow, request, RunKind.START, RunStatus.PENDING, now_ms=now_ms)
    run = get_run(conn, run_id, now_ms=now_ms)
    record_start(conn, workflow_id, run, jobs, now_ms=now_ms)
    return StartReply(run=run, is_new=is_new, resumed_jobs=0 if is_new else jobs)


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


def _initialize(
    conn: Connection, workflow: WorkflowRow, request: StartRequest, *, now_ms: int
) -> int:
    own = tables.workflow.c.id == workflow.id
    conn.execute(update(tables.workflow).where(own).values(run_id=workflow.run_id + 1))
    record_file_times(conn, workflow.id, request.file_times)
    return initialize_jobs(conn, workflow.id, now_ms=now_ms).count or 0
