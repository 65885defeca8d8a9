"""What is wrong with a database of PostgreSQL: rows that refer to nothing, indexes that miss rows.

All tables are read, so that PostgreSQL meets pages that are damaged. Whether each index agrees with
its table, its own program finds out: pg_amcheck.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, ForeignKeyConstraint, Table, and_, exists, func, select
from sqlmodel import SQLModel

from torc_core.units import counted

_UNFINISHED_INDEXES = """
SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE NOT i.indisvalid AND pg_table_is_visible(t.oid) ORDER BY 1
"""
_CHECKSUM_FAILURES = """
SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()
"""
_ROWS = "SELECT count(t.*) FROM {} t"
"""Not `count(*)`, which would be content with an index."""


def find_damage(connection: Connection) -> Iterator[str]:
    """Yield what is wrong, as sentences."""
    failures: int = connection.exec_driver_sql(_CHECKSUM_FAILURES).scalar_one()
    if failures:
        yield f"PostgreSQL has met {counted(failures, 'page')} with a wrong checksum."
    for (name,) in connection.exec_driver_sql(_UNFINISHED_INDEXES):
        yield f"Index {name} is not valid; REINDEX rebuilds it."
    for table in SQLModel.metadata.sorted_tables:
        connection.exec_driver_sql(
            _ROWS.format(connection.dialect.identifier_preparer.quote(table.name))
        )
        for key in sorted(table.foreign_key_constraints, key=lambda each: list(each.column_keys)):
            if number := _dangling(connection, table, key):
                references = counted(number, "reference")
                target = key.referred_table.name
                yield f"Table {table.name} has {references} to rows of {target} that do not exist."


def _dangling(connection: Connection, table: Table, key: ForeignKeyConstraint) -> int:
    """Return how many rows refer to nothing by a foreign key."""
    target = key.referred_table.alias()
    given = [element.parent for element in key.elements]
    same = [target.c[each.column.name] == each.parent for each in key.elements]
    lacking = ~exists().where(and_(*same))
    wrong = select(func.count()).where(*(column.is_not(None) for column in given), lacking)
    number: int = connection.execute(wrong.select_from(table)).scalar_one()
    return number
