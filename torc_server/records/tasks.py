"""Tasks: the status of work that continues after its request was answered.

A workflow has at most one unfinished task. The record of its success is in the last transaction of
the work. A task that failed has changed nothing, nor has one that a dying server left unfinished,
unless another server goes on with it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.ids import TaskId, WorkflowId
from torc_core.model.records.task import UNFINISHED, ActiveTask, Task, TaskStatus
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import left_over
from torc_server.storage.mapping import TableMapping
from torc_server.storage.statements import Prepared

TASK = TableMapping(
    wire=Task,
    table=tables.task,
    renamed={f"{name}_ms": name for name in ("created_at", "started_at", "finished_at")},
    decode={"status": TaskStatus},
)
_task = tables.task.c
_IS_UNFINISHED = _task.status.in_(sorted(UNFINISHED))
_UNFINISHED = Prepared(select(_task.id, _task.server).where(_IS_UNFINISHED))
_LET_GO = Prepared(
    update(tables.task)
    .where(_task.server == bindparam("of_server"), _IS_UNFINISHED)
    .values(server=None)
)


def begin_task(
    conn: Connection, workflow_id: WorkflowId, operation: str, server: int, *, now_ms: int
) -> Task:
    """Record that work on a workflow is queued, and which server does it.

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
        "server": server,
    }
    key = conn.execute(insert(tables.task).values(values)).inserted_primary_key
    assert key is not None
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
    """Record that the work is running.

    Raises:
        ConflictError: The task has failed meanwhile.
    """
    values = {"status": TaskStatus.RUNNING.value, "started_at": now_ms}
    if not _change(conn, task_id, values):
        raise _has_ended(task_id)


def finish_task(conn: Connection, task_id: TaskId, *, now_ms: int) -> None:
    """Record that the work succeeded, in its last transaction.

    Raises:
        ConflictError: The task has failed meanwhile: its server was taken for gone.
    """
    values = {"status": TaskStatus.SUCCEEDED.value, "finished_at": now_ms}
    if not _change(conn, task_id, values):
        raise _has_ended(task_id)


def fail_task(conn: Connection, task_id: TaskId, error: str, *, now_ms: int) -> None:
    """Record that the work failed, and why, unless it has ended or long work ends it."""
    if any(work.data and work.data["task_id"] == task_id for work in left_over(conn)):
        return
    values = {"status": TaskStatus.FAILED.value, "finished_at": now_ms, "error": error}
    _change(conn, task_id, values)


def unfinished_tasks(conn: Connection) -> dict[TaskId, int]:
    """Return the unfinished tasks with the numbers of their servers; 0: it has stopped."""
    return {row.id: row.server or 0 for row in _UNFINISHED.all(conn)}


def let_tasks_go(conn: Connection, server: int) -> None:
    """Record that a server works on no task any longer."""
    _LET_GO.run(conn, of_server=server)


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


def _change(conn: Connection, task_id: TaskId, values: dict[str, Any]) -> bool:
    """Change an unfinished task; return whether it was one."""
    unfinished = update(tables.task).where(_task.id == task_id, _IS_UNFINISHED)
    return conn.execute(unfinished.values(values)).rowcount == 1


def _has_ended(task_id: TaskId) -> ConflictError:
    return ConflictError(
        f"Task {task_id} has ended.", hint="Look at the task, and begin another one if need be."
    )
