"""The seam between the server and the kind of its database.

Most of the server needs none: it speaks SQLAlchemy Core, and prepared statements are compiled by
their connection's dialect. What is particular to a kind of database is asked of a `Database`:
connections, exclusive use, the version of the schema, what its errors mean, and its
upkeep. `sqlite` is the one implementation; another one (PostgreSQL's transactions, SQLSTATE codes
and advisory locks) is a module beside it, chosen where the lifespan opens the database. The tables
name what a dialect of SQLAlchemy needs to hear in their own options, which others ignore.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from torc_core.errors import ConflictError, MachineError


class Database(Protocol):
    """One database, of some kind."""

    @property
    def name(self) -> str:
        """How messages call it."""

    def create(self) -> None:
        """Make the database when it is missing.

        Raises:
            MachineError: It can neither be made nor opened.
        """

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep other servers out.

        Raises:
            ConflictError: Another server has it.
        """

    def writer_engine(self) -> Engine:
        """Return the engine of the one connection that writes."""

    def reader_engine(self) -> Engine:
        """Return an engine whose connections can only read, each transaction one state."""

    def read_version(self, connection: Connection) -> int:
        """Return the version of the schema, 0 when none was ever written."""

    def write_version(self, connection: Connection, version: int) -> None:
        """Set the version of the schema, as part of the transaction."""

    def upgrade(self, connection: Connection, version: int) -> None:
        """Bring the tables from an older version of the schema to the present one."""

    def explain(self, error: Exception) -> MachineError | ConflictError | None:
        """Return what a statement's failure means: the machine's trouble, or a conflict.

        After a `MachineError` the whole transaction is over. None: the failure is a fault of this
        program.
        """

    def unusable(self, error: DBAPIError) -> MachineError:
        """Return the error for a database that cannot be opened."""

    def maintain(self, connection: Connection, *, is_idle: bool) -> None:
        """Do what upkeep is due after a group of writes; `is_idle` when no request waits."""

    def free_memory(self, connection: Connection) -> None:
        """Drop what the connection caches."""

    def finish(self, connection: Connection) -> None:
        """Leave everything tidy: the writer stops."""


def duplicate(table: str, fields: list[str]) -> ConflictError:
    """Return the error for a row that has the same values as another in columns of a unique key."""
    return ConflictError(
        f"There is a {table.replace('_', ' ')} with the same {', '.join(fields)} already.",
        hint="Change that one, or leave it as it is.",
        fields=fields,
    )


def dangling_reference() -> ConflictError:
    """Return the error for a reference to nothing."""
    return ConflictError(
        "The request names something that does not exist.", hint="Check the ids in the request."
    )
