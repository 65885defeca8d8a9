"""The ids that a database has given, also those of rows that are gone."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

_READ = """
SELECT s.relname, pg_sequence_last_value(s.oid), t.relname
FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
JOIN pg_class t ON t.oid = d.refobjid
WHERE s.relkind = 'S' AND pg_table_is_visible(t.oid)
"""


class Numbering:
    """The greatest id of each table that gives ids."""

    def read(self, connection: Connection) -> dict[str, int]:
        """Return the ids, by table."""
        rows = connection.exec_driver_sql(_READ)
        return {table: last for _, last, table in rows if last is not None}

    def write(self, connection: Connection, last_ids: Mapping[str, int]) -> None:
        """Go on after these ids."""
        sequences = {table: name for name, _, table in connection.exec_driver_sql(_READ)}
        for table, last in last_ids.items():
            if table in sequences:
                connection.exec_driver_sql(
                    "SELECT setval(%s::regclass, %s)", (sequences[table], max(last, 1))
                )
