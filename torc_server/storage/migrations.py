"""The version of the schema, and upgrades of older databases.

A new database is created as the tables describe it. An older one is upgraded step by step, in one
transaction with the new version number, so a database is never between two versions.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from torc_core.errors import ConflictError
from torc_server.storage import tables
from torc_server.storage.database import Database

VERSION = 18
"""The version of the schema that the tables describe."""


def check_version(connection: Connection, database: Database) -> int:
    """Return the version of a database that this program may use; changes nothing.

    Raises:
        ConflictError: The database is newer than this program, or another program's.
    """
    version = database.read_version(connection)
    if version > VERSION:
        raise ConflictError(
            f"The database {database.name} has schema version {version}; this program knows "
            f"version {VERSION} and older.",
            hint="Start the newer torc-server that wrote it, or choose another file.",
        )
    if version == 0 and inspect(connection).get_table_names():
        raise ConflictError(
            f"The database {database.name} belongs to another program.",
            hint="Choose another file with --database.",
        )
    return version


def check_is_present(connection: Connection, database: Database) -> None:
    """Make sure that a database has the version that the tables describe.

    Raises:
        ConflictError: It is older or newer, or another program's.
    """
    version = check_version(connection, database)
    if version != VERSION:
        raise ConflictError(
            f"The database {database.name} has schema version {version}, not {VERSION}.",
            hint="Start this torc-server on it once: that upgrades it.",
        )


def migrate(connection: Connection, database: Database, version: int) -> None:
    """Upgrade a database from its version, 0 for an empty one, to the present one."""
    if version == VERSION:
        return
    with connection.begin():
        migrate_within(connection, database, version)


def migrate_within(connection: Connection, database: Database, version: int) -> None:
    """Do the same in a transaction that has begun."""
    # Another server may have done it since.
    version = max(version, database.read_version(connection))
    if version == VERSION:
        return
    if version == 0:
        assert tables.workflow is not None  # importing the tables fills the metadata
        SQLModel.metadata.create_all(connection, checkfirst=False)
    else:
        database.upgrade(connection, version)
    database.write_version(connection, VERSION)
