"""Long work on workflows, as the rest of the server sees it.

A workflow that is being deleted is there no longer, though its rows are. While another is being
initialized, other requests may not change its jobs: they wait, see `Writer.reserve`.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.sql import ColumnElement

from torc_core.model.ids import WorkflowId
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

RESERVED = "reserved workflows"
"""The key in `Connection.info` of the workflows that the present request may not change."""

_work = tables.unfinished_work.c
_NOTE = Prepared(insert(tables.unfinished_work), "workflow_id", "kind", "data")
_DECIDE = Prepared(
    update(tables.unfinished_work)
    .where(_work.workflow_id == bindparam("of_workflow"))
    .values(data=bindparam("decided", type_=_work.data.type))
)
_FORGET = Prepared(
    delete(tables.unfinished_work).where(_work.workflow_id == bindparam("of_workflow"))
)
_ALL = Prepared(select(tables.unfinished_work).order_by(_work.workflow_id))


class WorkKind(StrEnum):
    """What is being done to a workflow."""

    DELETE = "delete"
    INITIALIZE = "initialize"


BEING_DELETED = select(_work.workflow_id).where(_work.kind == WorkKind.DELETE)


class ReservedError(Exception):
    """Another request works on the workflow; this one is to be repeated when that has ended."""

    def __init__(self, workflow_id: WorkflowId) -> None:
        super().__init__(f"workflow {workflow_id} is reserved")
        self.workflow_id = workflow_id


def is_kept(workflow_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a row is not of a workflow that is being deleted."""
    return workflow_id.not_in(BEING_DELETED)


def check_free(conn: Connection, workflow_id: WorkflowId) -> None:
    """Make sure that the present request may change a workflow's jobs.

    Raises:
        ReservedError: It may not, yet.
    """
    reserved: Collection[int] = conn.info.get(RESERVED, ())
    if workflow_id in reserved:
        raise ReservedError(workflow_id)


def note_work(conn: Connection, workflow_id: WorkflowId, kind: WorkKind, data: Any = None) -> None:
    """Note that work on a workflow has begun."""
    _NOTE.run_each(conn, [{"workflow_id": workflow_id, "kind": kind.value, "data": data}])


def decide_work(conn: Connection, workflow_id: WorkflowId, data: Any) -> None:
    """Note what was decided: from now on the work is carried out, whatever happens."""
    _DECIDE.run(conn, of_workflow=workflow_id, decided=data)


def forget_work(conn: Connection, workflow_id: WorkflowId) -> None:
    """Note that the work is done, or was given up before anything was decided."""
    _FORGET.run(conn, of_workflow=workflow_id)


def left_over(conn: Connection) -> list[tuple[WorkflowId, WorkKind, Any]]:
    """Return all work that is not finished."""
    return [(row.workflow_id, WorkKind(row.kind), row.data) for row in _ALL.all(conn)]
