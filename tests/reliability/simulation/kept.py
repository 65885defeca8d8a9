"""A store whose connections outlive its servers, so that statements are compiled once.

A server that opens a file compiles each of its statements again, which takes as long as a brief
history itself. Here a death rolls back what is not committed and closes nothing; the next server
finds the same file by the same rules. Files that are closed and opened are those of `Store`, in
`crash_points.py` and `power_cuts.py`.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from reliability.simulation.plans import Created, create
from reliability.simulation.store import Database, Fill, Jobs, Store, watched
from sqlmodel import SQLModel

from torc_core.clock import Clock

Rows = dict[str, list[tuple[Any, ...]]]
TABLES = [table.name for table in SQLModel.metadata.sorted_tables]
"""Those that are referred to first."""
STATEMENTS = 1000
"""How many stay compiled: more than histories have, whose servers die in all ways in turn."""
NUMBERS = "sqlite_sequence"
"""The table of the highest ids."""


class KeptStore(Store):
    """A store that begins with rows instead of a file."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._rows: dict[tuple[Fill, Jobs], tuple[Rows, Created]] = {}

    def new_database(self) -> Database:
        kind = _kept(watched(self.points))
        self._by_mode: dict[str, sqlite3.Connection] = {}

        def connect(mode: str, /, *arguments: Any, **named: Any) -> sqlite3.Connection:
            if mode not in self._by_mode:
                named["cached_statements"] = STATEMENTS
                self._by_mode[mode] = kind(mode, *arguments, **named)
            return self._by_mode[mode]

        return Database(self.path, connect)  # type: ignore[arg-type]  # called like a class

    def reset(self, clock: Clock, jobs: Jobs, fill: Fill = create) -> Created:
        self.close()
        if not self._rows:
            self.make_empty(clock)
            self._writer = sqlite3.connect(self.path, isolation_level=None)
        if (fill, jobs) not in self._rows:
            self._replace({NUMBERS: []})
            self.open(clock)
            created = self.run(fill, jobs, is_timed=True)
            self.close()
            self._rows[fill, jobs] = self._read(), created
        rows, created = self._rows[fill, jobs]
        self._replace(rows)
        return created

    def end(self) -> None:
        super().end()
        for connection in self._by_mode.values():
            sqlite3.Connection.close(connection)
        self._by_mode.clear()
        if self._rows:
            self._writer.close()

    def _read(self) -> Rows:
        return {
            name: self._writer.execute(f"SELECT * FROM {name}").fetchall()
            for name in [*TABLES, NUMBERS]
        }

    def _replace(self, rows: Rows) -> None:
        """Have these rows alone."""
        self._writer.execute("BEGIN IMMEDIATE")
        for name in [*reversed(TABLES), NUMBERS]:
            self._writer.execute(f"DELETE FROM {name}")
        for name, values in rows.items():
            if values:
                places = ", ".join("?" * len(values[0]))
                self._writer.executemany(f"INSERT INTO {name} VALUES ({places})", values)
        self._writer.execute("COMMIT")


def _kept(kind: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
    """Return a class of connections that only roll back when they are closed."""

    class Kept(kind):  # type: ignore[misc, valid-type]  # made for each store
        is_used = False

        def execute(self, text: str, *values: Any) -> Any:
            if self.is_used and text.startswith("PRAGMA") and "=" in text:
                return None  # it is set; to set it again has all statements compiled again
            return super().execute(text, *values)

        def close(self) -> None:
            self.is_used = True
            self.rollback()

    return Kept
