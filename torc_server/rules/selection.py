"""Statements over many ids, in pieces that every database accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Row

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
