"""How many rows workflows have in a table, and which are where, without counting all of them.

Rows of a workflow are only ever added with greater ids, or deleted; each deletion is noted in the
workflow's row. So what was counted up to an id holds as long as nothing was deleted, and a row
stays where it was in the order of ids.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, Table, bindparam, func, select, update

from torc_core.model.ids import WorkflowId
from torc_server.storage import tables
from torc_server.storage.recent import Recent
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.workflow import WorkflowRow

SIZES = "sizes"
"""Under this name, a connection that only reads knows what was counted before."""
PLACES = "places"
"""Under this name, it knows where some rows are."""
WORTH_KNOWING = 10_000
"""Fewer rows are counted in a millisecond."""
_MOST_KNOWN = 1_000
"""Of more, those that were not asked for the longest are counted again."""
_MOST_PLACES = 32
"""How many places are kept of a list: more than clients read it at once."""
_workflow = tables.workflow.c
_NOTE = Prepared(
    update(tables.workflow)
    .where(_workflow.id == bindparam("of_workflow"))
    .values(deletions=_workflow.deletions + 1)
)


class _Counted(NamedTuple):
    number: int
    last_id: int
    deletions: int
    """How often something of the workflow had been deleted by then."""


class Sizes:
    """What was counted in one database; the connections of all threads share it.

    Args:
        worth_knowing: Numbers below this are counted each time.
        most_known: How many are kept.
    """

    def __init__(self, worth_knowing: int = WORTH_KNOWING, most_known: int = _MOST_KNOWN) -> None:
        self._worth_knowing = worth_knowing
        self._counted: Recent[tuple[str, WorkflowId], _Counted] = Recent(most_known)

    def of(self, connection: Connection, table: Table, workflow: WorkflowRow) -> int:
        """Return how many rows a workflow has in a table.

        Args:
            connection: One that only reads.
            table: A table whose ids are never given twice.
            workflow: The row of the workflow, as the present transaction reads it.
        """
        key = table.name, workflow.id
        known = self._counted.get(key)
        if known is None or known.deletions != workflow.deletions:
            known = _Counted(0, 0, workflow.deletions)
        [(new, last_id)] = _newer(table).all(connection, within=workflow.id, after=known.last_id)
        number = known.number + new
        if number >= self._worth_knowing:
            self._counted.keep(key, _Counted(number, last_id or known.last_id, workflow.deletions))
        return number


class Place(NamedTuple):
    """Where a row is in the order of ids."""

    position: int
    id: int


class _Places(NamedTuple):
    deletions: int
    latest: tuple[Place, ...]


class Places:
    """Where the latest pages ended in one database, so that the next ones need not skip rows."""

    def __init__(self) -> None:
        self._known: Recent[tuple[str, WorkflowId], _Places] = Recent(_MOST_KNOWN)

    def before(self, table: Table, workflow: WorkflowRow, position: int) -> Place | None:
        """Return the last place that is known up to a position."""
        known = self._known.get((table.name, workflow.id))
        if known is None or known.deletions != workflow.deletions:
            return None
        return max((each for each in known.latest if each.position <= position), default=None)

    def keep(self, table: Table, workflow: WorkflowRow, place: Place) -> None:
        """Keep a place that the present transaction sees."""
        key = table.name, workflow.id
        known = self._known.get(key)
        others = known.latest if known and known.deletions == workflow.deletions else ()
        latest = (*(each for each in others if each != place), place)[-_MOST_PLACES:]
        self._known.keep(key, _Places(workflow.deletions, latest))


def places_of(connection: Connection) -> Places:
    """Return what a connection knows of places."""
    places: Places = connection.info.get(PLACES) or Places()
    return places


def size_of(connection: Connection, table: Table, workflow: WorkflowRow) -> int:
    """Return how many rows a workflow has in a table, by what the connection knows."""
    sizes: Sizes = connection.info.get(SIZES) or Sizes()
    return sizes.of(connection, table, workflow)


def note_deletion(connection: Connection, workflow_id: WorkflowId) -> None:
    """Note that rows of a workflow are deleted.

    Or that its jobs get other dependencies or names, or a result is changed.
    """
    _NOTE.run(connection, of_workflow=workflow_id)


@cache
def _newer(table: Table) -> Prepared[tuple[int, int | None]]:
    columns = table.c
    return Prepared(
        select(func.count(), func.max(columns.id)).where(
            columns.workflow_id == bindparam("within"), columns.id > bindparam("after")
        )
    )
