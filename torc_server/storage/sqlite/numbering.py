"""The ids that a file has given, also those of rows that are gone."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection


class Numbering:
    """The greatest id of each table that gives ids."""

    def read(self, connection: Connection) -> dict[str, int]:
        """Return the ids, by table."""
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        return {row.name: row.seq for row in rows}

    def write(self, connection: Connection, last_ids: Mapping[str, int]) -> None:
        """Go on after these ids."""
        for table, last in last_ids.items():
            connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            connection.exec_driver_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, last))
