"""What transactions change, table by table, so that what was read before is known to be current.

Each connection notes the texts of its statements. A text names the tables that it reads or, unless
it only selects, may change; rows are not told apart. So nothing has to be declared, and nothing can
be forgotten.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlmodel import SQLModel

from torc_server.storage.sqlite.driver import driver_of, run

T = TypeVar("T")

_WORD = re.compile(r"\w+")
_DELETING = frozenset({"DELETE", "REPLACE"})
_MOST_TEXTS = 2_000


class Noting(sqlite3.Connection):
    """A connection that notes the texts of its statements, if it is to."""

    texts: set[str] | None = None

    def cursor(self, factory: Any = None) -> Any:
        """Return a cursor; also for statements of the connection itself."""
        return super().cursor(factory or _Cursor)


class _Cursor(sqlite3.Cursor):
    connection: Noting

    def execute(self, text: str, values: Any = (), /) -> Any:
        """Execute a statement."""
        if (texts := self.connection.texts) is not None:
            texts.add(text)
        return super().execute(text, values)

    def executemany(self, text: str, rows: Any, /) -> Any:
        """Execute a statement once per row of values."""
        if (texts := self.connection.texts) is not None:
            texts.add(text)
        return super().executemany(text, rows)


class TableChanges:
    """When each table was changed last, by the one connection that writes.

    Nothing that a commit changes is current from just before it until just after: some readers see
    it already, and others not yet.
    """

    def __init__(self) -> None:
        self.now = 0
        """How many transactions have ended; used in all threads, changed in the writer's."""
        self._changed: dict[str, int] = {}
        """The number of the latest transaction that may have changed a table."""
        self._changing: frozenset[str] = frozenset()
        self._data_version: int | None = None

    def read(self, connection: Connection, query: Callable[[], T]) -> tuple[T, frozenset[str]]:
        """Return what a query returns, and which tables it reads; it begins its transaction."""
        driver = driver_of(connection)
        if not isinstance(driver, Noting):
            return query(), _all_tables()
        driver.texts = set()
        try:
            return query(), _named(driver.texts)
        finally:
            driver.texts = None

    def is_current(self, tables: frozenset[str], since: int) -> bool:
        """Return whether what was read of tables when it was `since`, or later, is so now."""
        if not self._changing.isdisjoint(tables):
            return False
        changed = self._changed
        return all(changed.get(table, 0) <= since for table in tables)

    def begin(self, connection: Connection) -> None:
        """Note the statements of a transaction that has begun, and what other programs changed.

        They are kept out, but an administrator's shell is not.
        """
        before = self._data_version
        [self._data_version] = run(connection, "PRAGMA data_version").fetchone()
        if before not in {None, self._data_version}:
            self._changing = _all_tables()
            self.end()
        driver = driver_of(connection)
        if isinstance(driver, Noting):
            driver.texts = set()

    def commit(self, connection: Connection) -> None:
        """Take note that what the transaction changed is about to be committed."""
        driver = driver_of(connection)
        if isinstance(driver, Noting):
            self._changing = _named(text for text in driver.texts or () if not _only_reads(text))
        else:
            self._changing = _all_tables()

    def end(self) -> None:
        """Take note that a transaction is over, committed or not."""
        self.now += 1
        self._changed.update(dict.fromkeys(self._changing, self.now))
        self._changing = frozenset()


def _named(texts: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(tables_of, texts))


def _only_reads(text: str) -> bool:
    return text.startswith("SELECT")


@lru_cache(_MOST_TEXTS)
def tables_of(text: str) -> frozenset[str]:
    """Return the tables that a statement reads or changes, and possibly some more."""
    words = set(_WORD.findall(text))
    tables = _all_tables() & words
    if not words.isdisjoint(_DELETING):
        for table in list(tables):
            tables |= _referring_to(table)
    return tables


@cache
def _all_tables() -> frozenset[str]:
    return frozenset(SQLModel.metadata.tables)


@cache
def _referring_to(table: str) -> frozenset[str]:
    """Return the tables whose rows are deleted or changed with those of a table, in any steps."""
    found, waiting = {table}, [table]
    while waiting:
        name = waiting.pop()
        new = {
            each.name
            for each in SQLModel.metadata.sorted_tables
            if any(key.column.table.name == name for key in each.foreign_keys)
        }
        waiting += new - found
        found |= new
    return frozenset(found)
