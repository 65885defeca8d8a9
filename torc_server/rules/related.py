"""What records refer to by its id: of their own workflow, or lent by another one.

The reference asks only that it exists. Here dependencies, files and user data have to be of the
workflow itself, as its jobs wait for each other through them. What a job needs and where it ran may
be another workflow's; when access to workflows is enforced, `may_use` is where to ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId
from torc_core.model.resources import DEFAULT_REQUIREMENTS
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

_BORROWERS: Mapping[Table, tuple[Table, str]] = {
    tables.resource_requirements: (tables.job, "resource_requirements_id"),
    tables.failure_handler: (tables.job, "failure_handler_id"),
    tables.compute_node: (tables.result, "compute_node_id"),
}
"""What may be lent, the table of those who refer to it, and their column."""


def check_related(
    conn: Connection, workflow_id: WorkflowId, field: str, table: Table, ids: AbstractSet[int]
) -> None:
    """Make sure that everything that a field names exists, and may be used in the workflow.

    Raises:
        UsageError: Something does not, or may not; the message names up to three ids.
    """
    rows = _owners(table).all_of(conn, ids)
    missing = ids - {row.id for row in rows if may_use(workflow_id, table, row.workflow_id)}
    if missing:
        some = ", ".join(map(str, sorted(missing)[:3])) + (", ..." if len(missing) > 3 else "")
        kind = table.name.replace("_", " ")
        has_none = "There is" if table in _BORROWERS else f"Workflow {workflow_id} has"
        raise UsageError(
            f"{has_none} no {kind} {some}.",
            hint="Refer only to what was created before"
            + ("." if table in _BORROWERS else ", in the same workflow."),
            field=field,
            missing_ids=sorted(missing)[:100],
        )


def may_use(workflow_id: WorkflowId, table: Table, owner: WorkflowId) -> bool:
    """Return whether a workflow may use what another one, or it itself, has in a table."""
    return owner == workflow_id or table in _BORROWERS


def give_away_lent(conn: Connection, workflow_id: WorkflowId) -> None:
    """Give to other workflows what they use of one that is about to be deleted.

    Each gets a copy under its own name: with the original their jobs and results would be deleted.
    """
    for table, (borrowers, column) in _BORROWERS.items():
        refers = borrowers.c[column] == table.c.id
        loans = (
            select(table.c.id, borrowers.c.workflow_id.label("borrower"))
            .join(borrowers, refers)
            .where(table.c.workflow_id == workflow_id, borrowers.c.workflow_id != workflow_id)
            .distinct()
            .subquery()
        )
        lent = select(table, loans.c.borrower).join(loans, loans.c.id == table.c.id)
        for row in conn.execute(lent).all():
            copied = insert(table).values(_copy(row)).returning(table.c.id)
            conn.execute(
                update(borrowers)
                .where(borrowers.c.workflow_id == row.borrower, borrowers.c[column] == row.id)
                .values({column: conn.execute(copied).scalar_one()})
            )


def _copy(row: Record) -> dict[str, Any]:
    """Return what a workflow gets for a row of another one: its node does not work for it."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name for the columns by name
    owner = values["workflow_id"]
    del values["id"]
    values["workflow_id"] = values.pop("borrower")
    if values.get("name") == DEFAULT_REQUIREMENTS:
        values["name"] = f"{DEFAULT_REQUIREMENTS} of workflow {owner}"
    if "is_active" in values:
        values["is_active"] = False
    return values


@cache
def _owners(table: Table) -> Prepared[Any]:
    # By id alone: SQLite would rather read all of the workflow than look up a few ids.
    return Prepared(
        select(table.c.id, table.c.workflow_id).where(
            table.c.id.in_(bindparam("ids", expanding=True))
        )
    )
