"""The schema, in numbered steps.

A step is a function on a connection; all that are missing run in one transaction with the new
number, so a database is always at one of the versions and never between two.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from torc_core.errors import ConflictError
from torc_server import tables


def _create_all(connection: Connection) -> None:
    assert tables.workflow is not None  # importing the tables fills the metadata
    SQLModel.metadata.create_all(connection, checkfirst=False)


STEPS: tuple[Callable[[Connection], None], ...] = (_create_all,)
"""Step n brings a database from version n-1 to version n. Steps already released never change."""


def check_version(connection: Connection, database: Path) -> int:
    """Return the version of a database that this program may use; changes nothing.

    Raises:
        ConflictError: The database is newer than this program, or another program's.
    """
    version: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > len(STEPS):
        raise ConflictError(
            f"The database {database} has schema version {version}; this program knows "
            f"version {len(STEPS)} and older.",
            hint="Start the newer torc-server that wrote it, or name another file.",
        )
    if version == 0 and inspect(connection).get_table_names():
        raise ConflictError(
            f"The database {database} belongs to another program.",
            hint="Name another file with --database.",
        )
    return version


def migrate(connection: Connection, version: int) -> None:
    """Bring a database from its version to this program's."""
    if version == len(STEPS):
        return
    with connection.begin():
        for step in STEPS[version:]:
            step(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={len(STEPS)}")
