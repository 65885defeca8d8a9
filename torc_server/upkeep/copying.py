"""A whole database copied into another one, of the same kind or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from torc_core.errors import ConflictError, MachineError, TorcError
from torc_server.storage import tables
from torc_server.storage.database import Database
from torc_server.storage.migrations import VERSION, check_version, migrate

_AT_ONCE = 1_000


class Copied(NamedTuple):
    """What was copied."""

    num_workflows: int
    num_jobs: int
    num_rows: int


def copy(source: Database, target: Database) -> Copied:
    """Copy all rows, and where ids go on, in one transaction; no server may use either database.

    Raises:
        ConflictError: A server uses one of them, the source has another version of the schema, or
            the target holds something.
        UsageError: The target cannot keep a text of the source.
        MachineError: One cannot be read, or the other not written.
    """
    with (
        source.exclusive(),
        target.exclusive(),
        _explained(source),
        source.reader_engine().connect() as reading,
    ):
        version = check_version(reading, source)
        if version != VERSION:
            raise ConflictError(
                f"The database {source.name} has schema version {version}, not {VERSION}.",
                hint="Start this torc-server on it once: that upgrades it.",
            )
        with _explained(target):
            _prepare(target)
            with target.writer_engine().connect() as writing, writing.begin():
                _check_empty(writing, target)
                copied = sum(_copy_table(reading, writing, table) for table in _all_tables())
                target.numbering.write(writing, source.numbering.read(reading))
                return Copied(_size(writing, tables.workflow), _size(writing, tables.job), copied)


def _all_tables() -> list[Table]:
    """Return the tables, those that others refer to first."""
    return SQLModel.metadata.sorted_tables


def _prepare(target: Database) -> None:
    with target.reader_engine().connect() as connection:
        version = check_version(connection, target)
    with target.writer_engine().connect() as connection:
        migrate(connection, target, version)


def _check_empty(connection: Connection, target: Database) -> None:
    full = [table.name for table in _all_tables() if _size(connection, table)]
    if full:
        raise ConflictError(
            f"The database {target.name} is not empty: it has rows in {', '.join(full[:3])}.",
            hint="Name a new one.",
        )


def _copy_table(reading: Connection, writing: Connection, table: Table) -> int:
    """Copy the rows of a table, and return how many they are.

    Raises:
        MachineError: The target has another number of rows afterwards.
    """
    rows = reading.execution_options(yield_per=_AT_ONCE).execute(select(table))
    for piece in rows.mappings().partitions():
        writing.execute(insert(table), [dict(row) for row in piece])
    wanted, found = _size(reading, table), _size(writing, table)
    if wanted != found:
        raise MachineError(
            f"Of {wanted} rows of {table.name}, {found} were copied; nothing is kept.",
            hint="Check the source with torc-server check, and try again.",
        )
    return found


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
