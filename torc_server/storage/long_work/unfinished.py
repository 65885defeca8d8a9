"""Long work on workflows, as the rest of the server sees it.

A workflow that is being deleted is no longer found, though its rows still exist. One that is being
initialized is reserved: other requests that would change its jobs, on any server, wait.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.sql import ColumnElement

from torc_core.errors import ConflictError
from torc_core.model.ids import WorkflowId
from torc_server.storage import tables
from torc_server.storage.long_work.holders import holders_of
from torc_server.storage.notify import CHANGED_TOPICS
from torc_server.storage.statements import Prepared

RESERVED = "reserved workflows"
"""The key in `Connection.info` of the holders of workflows that are reserved, by workflow."""
HOLDER = "holder"
"""The key of the holder for which the present request is made, None if for none."""


class WorkKind(StrEnum):
    """What is being done to a workflow."""

    DELETE = "delete"
    INITIALIZE = "initialize"


class Work(NamedTuple):
    """Work that is not finished."""

    workflow_id: WorkflowId
    kind: WorkKind
    data: Any
    holder: int
    """0: of a server that has stopped."""


_work = tables.unfinished_work.c
_of_workflow = _work.workflow_id == bindparam("of_workflow")
_NOTE = Prepared(insert(tables.unfinished_work), "workflow_id", "kind", "data", "holder")
_DECIDE = Prepared(
    update(tables.unfinished_work)
    .where(_of_workflow)
    .values(data=bindparam("decided", type_=_work.data.type))
)
_HOLD = Prepared(
    update(tables.unfinished_work).where(_of_workflow).values(holder=bindparam("new_holder"))
)
_LET_GO = Prepared(
    update(tables.unfinished_work)
    .where(_work.holder.between(bindparam("least"), bindparam("greatest")))
    .values(holder=None)
)
_FORGET = Prepared(delete(tables.unfinished_work).where(_of_workflow))
_ALL = Prepared(select(tables.unfinished_work).order_by(_work.workflow_id))
_RESERVED = Prepared(
    select(_work.workflow_id, _work.holder).where(_work.kind == WorkKind.INITIALIZE)
)

BEING_DELETED = select(_work.workflow_id).where(_work.kind == WorkKind.DELETE)


class ReservedError(Exception):
    """Another request works on the workflow; this one is repeated when that has ended."""

    def __init__(self, workflow_id: WorkflowId) -> None:
        super().__init__(f"workflow {workflow_id} is reserved")
        self.workflow_id = workflow_id


class TakenOverError(ConflictError):
    """Another server does the work, as this one could not reach the database."""

    def __init__(self, workflow_id: WorkflowId) -> None:
        super().__init__(
            f"Another server has taken over the work on workflow {workflow_id}: this one was "
            "without its database.",
            hint="Look at the workflow: the other server finishes what was asked for.",
        )


def is_kept(workflow_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a row is not of a workflow that is being deleted."""
    return workflow_id.not_in(BEING_DELETED)


def read_reserved(conn: Connection) -> dict[WorkflowId, int]:
    """Return who holds the workflows that are reserved; 0: a server that has stopped."""
    return {row.workflow_id: row.holder or 0 for row in _RESERVED.all_first(conn)}


def check_free(conn: Connection, workflow_id: WorkflowId) -> None:
    """Make sure that the present request may change a workflow's jobs.

    Raises:
        ReservedError: It may not, yet.
    """
    if not is_free(conn, workflow_id):
        raise ReservedError(workflow_id)


def is_free(conn: Connection, workflow_id: WorkflowId) -> bool:
    """Return whether the present request may change a workflow's jobs."""
    reserved: dict[WorkflowId, int] = conn.info.get(RESERVED, {})
    return workflow_id not in reserved or reserved[workflow_id] == conn.info.get(HOLDER)


def check_held(conn: Connection, workflow_id: WorkflowId) -> None:
    """Make sure that a workflow is still reserved for the present request.

    Raises:
        TakenOverError: It is not.
    """
    if conn.info[RESERVED].get(workflow_id) != conn.info[HOLDER]:
        raise TakenOverError(workflow_id)


def note_work(
    conn: Connection,
    workflow_id: WorkflowId,
    kind: WorkKind,
    holder: int | None,
    data: Any = None,
) -> None:
    """Note that work on a workflow has begun, and who does it."""
    values = {"workflow_id": workflow_id, "kind": kind.value, "data": data, "holder": holder}
    _NOTE.run_each(conn, [values])
    if kind is WorkKind.INITIALIZE and holder is not None:
        conn.info.setdefault(RESERVED, {})[workflow_id] = holder


def decide_work(conn: Connection, workflow_id: WorkflowId, data: Any) -> None:
    """Note what was decided: from now on the work is carried out, whatever happens."""
    _DECIDE.run(conn, of_workflow=workflow_id, decided=data)


def hold_work(conn: Connection, workflow_id: WorkflowId, holder: int) -> None:
    """Note who does the work from now on."""
    _HOLD.run(conn, of_workflow=workflow_id, new_holder=holder)


def let_go(conn: Connection, server: int) -> None:
    """Note that a server does none of its work any longer."""
    least, greatest = holders_of(server)
    _LET_GO.run(conn, least=least, greatest=greatest)


def forget_work(conn: Connection, workflow_id: WorkflowId) -> None:
    """Note that the work is done, or was given up before anything was decided.

    Requests that wait for that are repeated once this is committed, on whatever server they are.
    """
    _FORGET.run(conn, of_workflow=workflow_id)
    conn.info.setdefault(CHANGED_TOPICS, set()).add(workflow_id)


def left_over(conn: Connection) -> list[Work]:
    """Return all work that is not finished."""
    return [
        Work(row.workflow_id, WorkKind(row.kind), row.data, row.holder or 0)
        for row in _ALL.all(conn)
    ]
