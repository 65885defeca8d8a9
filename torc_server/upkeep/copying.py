"""A whole database copied into another one, of the same kind or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from torc_core.errors import ConflictError, MachineError, TorcError, UsageError
from torc_server.storage import tables
from torc_server.storage.database import Database
from torc_server.storage.migrations import check_is_present, check_version, migrate_within

_AT_ONCE = 1_000


class Copied(NamedTuple):
    """What was copied."""

    num_workflows: int
    num_jobs: int
    num_rows: int


def copy(source: Database, target: Database) -> Copied:
    """Copy all rows, and where ids go on; no server may use either database.

    One transaction makes the tables and fills them: a copy that fails leaves nothing.

    Raises:
        ConflictError: A server uses one of them, the source has another version of the schema, or
            the target holds something.
        UsageError: The target cannot keep a text of the source.
        MachineError: One cannot be read, or the other not written.
    """
    with source.exclusive():
        target.create()  # no earlier: of a refused source no empty target is left
        return _copy_all(source, target)


def _copy_all(source: Database, target: Database) -> Copied:
    with (
        target.exclusive(),
        _explained(source),
        source.reader_engine().connect() as reading,
    ):
        check_is_present(reading, source)
        with _explained(target), target.writer_engine().begin() as writing:
            migrate_within(writing, target, check_version(writing, target))
            _check_empty(writing, target)
            copied = sum(_copy_table(reading, writing, table, target) for table in _all_tables())
            target.numbering.write(writing, source.numbering.read(reading))
            return Copied(_size(writing, tables.workflow), _size(writing, tables.job), copied)


def _all_tables() -> list[Table]:
    """Return the tables, those that others refer to first."""
    return SQLModel.metadata.sorted_tables


def _check_empty(connection: Connection, target: Database) -> None:
    full = [table.name for table in _all_tables() if _size(connection, table)]
    if full:
        raise ConflictError(
            f"The database {target.name} is not empty: it has rows in {', '.join(full[:3])}.",
            hint="Name a new one.",
        )


def _copy_table(reading: Connection, writing: Connection, table: Table, target: Database) -> int:
    """Copy the rows of a table, and return how many they are.

    Raises:
        MachineError: The target has another number of rows afterwards.
        UsageError: The target cannot keep a text.
    """
    rows = reading.execution_options(yield_per=_AT_ONCE).execute(select(table))
    for piece in rows.mappings().partitions():
        values = [dict(row) for row in piece]
        try:
            writing.execute(insert(table), values)
        except DBAPIError as error:
            if (place := find_nul(table, values)) is None:
                raise
            raise UsageError(
                f"{place} has the character NUL, which the database {target.name} cannot keep; "
                "nothing was copied.",
                hint="Change it or delete its record in the source, and copy again.",
            ) from error
    wanted, found = _size(reading, table), _size(writing, table)
    if wanted != found:
        raise MachineError(
            f"Of {wanted} rows of {table.name}, {found} were copied; nothing is kept.",
            hint="Check the source with torc-server check, and try again.",
        )
    return found


def find_nul(table: Table, rows: Iterable[Mapping[str, Any]]) -> str | None:
    """Return where a text has the character NUL: the column, the table, and the row's key."""
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str) and "\0" in value:
                key = ", ".join(f"{each.name} {row[each.name]}" for each in table.primary_key)
                return f"The column {name} of the table {table.name}, {key},"
    return None


def _size(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


@contextmanager
def _explained(database: Database) -> Iterator[None]:
    """Make what the driver of a database raises an error of torc."""
    try:
        yield
    except DBAPIError as error:
        explained: TorcError = database.explain(error) or database.unusable(error)
        raise explained from error
