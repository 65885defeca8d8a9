"""Deleting a workflow, a large one in slices.

From the first transaction on, the workflow is not found any more (`storage.long_work.unfinished`);
what follows only removes its rows, a thousand at a time. If the server is killed meanwhile, another
one finds the note and goes on; it does no harm if two servers do it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, select, tuple_
from sqlmodel import SQLModel

from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import Workflow
from torc_server.rules.events import touch
from torc_server.rules.related import give_away_lent
from torc_server.rules.workflows import get_workflow
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import WorkKind, note_work
from torc_server.storage.statements import Prepared

SLICE = 1_000
"""Rows of one slice: some 25 ms, on PostgreSQL 50."""
_PARENTS = 2_000
"""Rows whose children are looked for at once."""
_RANGE_COST = 200
"""To look for the children of so many rows costs about as much as to delete so many."""


class Progress(NamedTuple):
    """Where a deletion is."""

    step: int = 0
    """The table."""
    after: int = 0
    """Of rows that belong to others: up to which of these they are gone."""


class _Taken(NamedTuple):
    cost: int
    progress: Progress


_Step = Callable[[Connection, WorkflowId, Progress, int], _Taken]
_DELETE_WORKFLOW = Prepared(
    delete(tables.workflow).where(tables.workflow.c.id == bindparam("workflow_id"))
)


def delete_workflow(conn: Connection, workflow_id: WorkflowId) -> Workflow:
    """Delete a workflow with everything in it at once, and return what it was.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow, progress = begin_deletion(conn, workflow_id, None)
    while progress is not None:
        progress = continue_deletion(conn, workflow_id, progress)
    return workflow


def begin_deletion(
    conn: Connection, workflow_id: WorkflowId, holder: int | None, *, rows: int = SLICE
) -> tuple[Workflow, Progress | None]:
    """Delete a workflow, and return what it was, and where to go on if not all rows are gone.

    What other workflows use of it stays with them.

    Args:
        conn: In a transaction.
        workflow_id: The workflow.
        holder: Who goes on.
        rows: How many are deleted at once.

    Raises:
        NotFoundError: There is no such workflow.
        ReservedError: It is being initialized.
    """
    workflow = get_workflow(conn, workflow_id)
    touch(conn, workflow_id)
    give_away_lent(conn, workflow_id)
    note_work(conn, workflow_id, WorkKind.DELETE, holder)
    return workflow, continue_deletion(conn, workflow_id, Progress(), rows=rows)


def continue_deletion(
    conn: Connection, workflow_id: WorkflowId, progress: Progress, *, rows: int = SLICE
) -> Progress | None:
    """Delete some rows of a workflow; return where to go on, None when nothing is left.

    Table by table, children first: cascades would go job by job.
    """
    left = rows
    while progress.step < len(_STEPS):
        if left <= 0:
            return progress
        taken = _STEPS[progress.step](conn, workflow_id, progress, left)
        left -= taken.cost
        progress = taken.progress
    _DELETE_WORKFLOW.run(conn, workflow_id=workflow_id)
    return None


def _own_rows(statement: Prepared[object]) -> _Step:
    def step(conn: Connection, workflow_id: WorkflowId, progress: Progress, most: int) -> _Taken:
        number = statement.run(conn, workflow_id=workflow_id, most=most)
        return _Taken(number, progress if number == most else Progress(progress.step + 1))

    return step


def _rows_of(parents: Prepared[Any], children: Prepared[Any]) -> _Step:
    def step(conn: Connection, workflow_id: WorkflowId, progress: Progress, most: int) -> _Taken:
        ids = [row[0] for row in parents.all(conn, workflow_id=workflow_id, after=progress.after)]
        if not ids:
            return _Taken(0, Progress(progress.step + 1))
        number = children.run(conn, first=ids[0], last=ids[-1], workflow_id=workflow_id, most=most)
        after = progress.after if number == most else ids[-1]
        return _Taken(_RANGE_COST + number, Progress(progress.step, after))

    return step


def _step_of(table: Table) -> _Step | None:
    """Return how the rows of a table are deleted that belong to a workflow, if some do."""
    key = list(table.primary_key.columns)
    if "workflow_id" in table.columns:
        chosen = select(*key).where(table.c.workflow_id == bindparam("workflow_id"))
        return _own_rows(_first(table, chosen))
    parent = _owned_parent(table)
    if parent is None:
        return None
    column, owner = parent
    of_workflow = owner.c.workflow_id == bindparam("workflow_id")
    parents = (
        select(owner.c.id)
        .where(of_workflow, owner.c.id > bindparam("after"))
        .order_by(owner.c.id)
        .limit(_PARENTS)
    )
    in_range = table.c[column].between(bindparam("first"), bindparam("last"))
    chosen = select(*key).join(owner, owner.c.id == table.c[column]).where(in_range, of_workflow)
    return _rows_of(Prepared(parents), _first(table, chosen))


def _first(table: Table, chosen: Any) -> Prepared[object]:
    """Return the statement that deletes the first of the chosen rows."""
    key = list(table.primary_key.columns)
    own = key[0] if len(key) == 1 else tuple_(*key)
    return Prepared(delete(table).where(own.in_(chosen.limit(bindparam("most")))))


def _owned_parent(table: Table) -> tuple[str, Table] | None:
    """Return the column and the table through which a table's rows belong to a workflow."""
    for key in table.foreign_keys:
        if "workflow_id" in key.column.table.columns:
            return key.parent.name, key.column.table
    return None


_STEPS = [
    step
    for table in reversed(SQLModel.metadata.sorted_tables)
    if table is not tables.unfinished_work and (step := _step_of(table)) is not None
]
