"""Statements over many ids, in pieces that every database accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import ClauseElement, Connection, Executable, Row
from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")

Record = Row[*tuple[Any, ...]]
"""A row of whatever columns."""

_PIECE = 5_000
"""Ids per statement: SQLite allows 32,766 bound values, PostgreSQL 65,535."""


def pieces(ids: Iterable[T]) -> Iterator[list[T]]:
    """Yield the ids in lists that one statement may hold."""
    rest = iter(ids)
    while piece := list(islice(rest, _PIECE)):
        yield piece


def rows_of(
    conn: Connection, statement: Executable, ids: Iterable[int | str], **values: Any
) -> list[Any]:
    """Return the rows of a statement with the expanding parameter `ids`, for any number of ids."""
    found: list[Any] = []
    for piece in pieces(ids):
        found += conn.execute(statement, {"ids": piece, **values})
    return found


def apply_to(
    conn: Connection, statement: Executable, ids: Iterable[int | str], **values: Any
) -> None:
    """Execute a statement with the expanding parameter `ids`, for any number of ids."""
    for piece in pieces(ids):
        conn.execute(statement, {"ids": piece, **values})


def execute_each(conn: Connection, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    """Execute a statement once per row of values; nothing for no rows."""
    if rows:
        conn.execute(statement, rows)


def execute_bulk(
    conn: Connection, statement: ClauseElement, rows: Sequence[dict[str, Any]]
) -> None:
    """Execute a statement once per row of plain numbers and texts, for very many rows.

    The values go to the driver as they are, which takes half the time; a column with a type of
    its own, such as JSON, would miss its conversion.
    """
    if not rows:
        return
    compiled = statement.compile(dialect=conn.dialect, column_keys=list(rows[0]))
    assert isinstance(compiled, SQLCompiler)
    order = compiled.positiontup
    values = rows if order is None else list(map(itemgetter(*order), rows))
    conn.exec_driver_sql(str(compiled), values)
