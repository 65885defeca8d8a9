"""Tasks: the status of work that continues after its request was answered.

A workflow has at most one unfinished task. The record of its success is in the last transaction of
the work. A task that failed has changed nothing, nor has one that a dying server left unfinished,
unless the next server goes on with it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.ids import TaskId, WorkflowId
from torc_core.model.records.task import UNFINISHED, ActiveTask, Task, TaskStatus
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.database import Sharing
from torc_server.storage.long_work.unfinished import left_over
from torc_server.storage.mapping import TableMapping

TASK = TableMapping(
    wire=Task,
    table=tables.task,
    renamed={f"{name}_ms": name for name in ("created_at", "started_at", "finished_at")},
    decode={"status": TaskStatus},
)
_task = tables.task.c
_IS_UNFINISHED = _task.status.in_(sorted(UNFINISHED))


def begin_task(
    conn: Connection, workflow_id: WorkflowId, operation: str, sharing: Sharing, *, now_ms: int
) -> Task:
    """Record that work on a workflow is queued, and that this server does it.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It has an unfinished task.
    """
    check_idle(conn, workflow_id)
    values = {
        "workflow_id": workflow_id,
        "operation": operation,
        "status": TaskStatus.QUEUED.value,
        "created_at": now_ms,
    }
    key = conn.execute(insert(tables.task).values(values)).inserted_primary_key
    assert key is not None
    sharing.hold(conn, key[0])
    return get_task(conn, key[0])


def check_idle(conn: Connection, workflow_id: WorkflowId) -> None:
    """Make sure that a workflow has no unfinished task.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It has one.
    """
    active = active_task(conn, workflow_id).task
    if active is not None:
        raise ConflictError(
            f"Workflow {workflow_id} already has a task: {active.operation}, {active.status}.",
            hint=f"Wait until task {active.id} has finished.",
            task_id=active.id,
        )


def start_task(conn: Connection, task_id: TaskId, *, now_ms: int) -> None:
    """Record that the work is running."""
    _change(conn, task_id, status=TaskStatus.RUNNING.value, started_at=now_ms)


def finish_task(conn: Connection, task_id: TaskId, *, now_ms: int) -> None:
    """Record that the work succeeded, in its last transaction."""
    _change(conn, task_id, status=TaskStatus.SUCCEEDED.value, finished_at=now_ms)


def fail_task(conn: Connection, task_id: TaskId, error: str, *, now_ms: int) -> None:
    """Record that the work failed, and why."""
    _change(conn, task_id, status=TaskStatus.FAILED.value, finished_at=now_ms, error=error)


def fail_left_over(conn: Connection, sharing: Sharing, *, now_ms: int) -> None:
    """Fail the unfinished tasks that no server works on, or is going to finish."""
    noted = [data["task_id"] for _, _, data in left_over(conn) if data]
    error = "The server stopped before the task finished."
    for (task_id,) in conn.execute(select(_task.id).where(_IS_UNFINISHED)).all():
        if task_id not in noted and sharing.is_abandoned(conn, task_id):
            fail_task(conn, task_id, error, now_ms=now_ms)


def get_task(conn: Connection, task_id: TaskId) -> Task:
    """Return a task.

    Raises:
        NotFoundError: There is none.
    """
    task = TASK.find(conn, task_id)
    if task is None:
        raise NotFoundError.of("task", task_id)
    return task


def active_task(conn: Connection, workflow_id: WorkflowId) -> ActiveTask:
    """Return the unfinished task of a workflow, if there is one.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    found = conn.execute(
        select(_task.id).where(_task.workflow_id == workflow_id, _IS_UNFINISHED)
    ).scalar()
    return ActiveTask(task=None if found is None else get_task(conn, found))


def _change(conn: Connection, task_id: TaskId, **values: Any) -> None:
    conn.execute(update(tables.task).where(_task.id == task_id).values(values))
