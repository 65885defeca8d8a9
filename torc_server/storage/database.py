"""The seam between the server and the kind of its database.

Most of the server needs none: it speaks SQLAlchemy Core, and prepared statements are compiled by
their connection's dialect. What is particular to a kind of database is asked of a `Database`:
connections, who else may use it, the version of the schema, what its errors mean, and its
upkeep. Each implementation is a folder: `sqlite` for one server, `postgres` for several;
`open_database` chooses. The tables name what a dialect of SQLAlchemy needs to hear in their own
options, which others ignore.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine

from torc_core.errors import ConflictError, MachineError, TorcError
from torc_server.storage.health import Room
from torc_server.storage.notify import Changes

T = TypeVar("T")


class Fate(Enum):
    """How a transaction ended that raised an error."""

    FAILED = "failed"
    """It changed nothing, and would not if it were tried again."""
    AGAIN = "again"
    """It changed nothing, and may succeed if it is tried again."""
    COMMITTED = "committed"
    """It was committed; only the answer was lost."""


class ReadChanges(Protocol):
    """Knows which tables are changed, and so whether what was read of them is current."""

    @property
    def now(self) -> int:
        """How many transactions have ended."""

    def read(self, connection: Connection, query: Callable[[], T]) -> tuple[T, frozenset[str]]:
        """Return what a query returns, and which tables it reads; it begins its transaction."""

    def is_current(self, tables: frozenset[str], since: int) -> bool:
        """Return whether what was read of tables when it was `since`, or later, is so now."""


class Sharing(Protocol):
    """How the servers that use one database get along; a server that is alone does as it likes."""

    @property
    def server(self) -> int:
        """The number of this server, see `storage.long_work.holders`."""

    @property
    def changes(self) -> ReadChanges | None:
        """What is changed of what was read; None if only the database knows, as others use it."""

    def moment(self, connection: Connection, clock_ms: int) -> int:
        """Return the time of a transaction that has begun: the clock of all who write to it.

        Args:
            connection: In the transaction.
            clock_ms: What the clock of this process shows, in milliseconds since 1970.
        """

    def wall_ms(self, connection: Connection, clock_ms: int) -> int:
        """Return what that clock shows now, also where it was set back and moments go on.

        Args:
            connection: In a transaction.
            clock_ms: What the clock of this process shows, in milliseconds since 1970.
        """

    def announce(self, connection: Connection, changes: Changes) -> None:
        """Pass on to other servers what a transaction changed, just before its commit."""

    def listen(self, heard: Callable[[Changes | None], None]) -> AbstractContextManager[None]:
        """Call `heard`, in any thread, with what other servers change; None: maybe everything."""

    def end(self) -> None:
        """Take note that a transaction is over, committed or not, before it is answered."""

    def leads(self, connection: Connection) -> bool:
        """Return whether this server does what one is to do for all; it stays so."""

    def gone(self, connection: Connection, servers: Collection[int]) -> set[int]:
        """Return those of some servers, by number, that are gone; 0 always is.

        One that was only cut off may be among them, if it was for long.
        """

    def measure_tables(self, connection: Connection) -> None:
        """Let the database look how large its tables are, where it plans statements by that.

        Writes go on meanwhile.

        Args:
            connection: One that only reads.
        """


class Numbering(Protocol):
    """The ids that a database has given, also to rows that are gone: none is given twice."""

    def read(self, connection: Connection) -> dict[str, int]:
        """Return the greatest ones, by table."""

    def write(self, connection: Connection, last_ids: Mapping[str, int]) -> None:
        """Go on after these, as part of the transaction."""


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

    def serving(self) -> AbstractContextManager[None]:
        """Use it as a server does, beside others if its kind is for several.

        Raises:
            ConflictError: Another program has it.
        """

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep all servers out.

        Raises:
            ConflictError: Another server has it.
        """

    @property
    def was_left_open(self) -> bool:
        """Whether it was not closed in order; asked before it is opened."""

    def find_damage(self, connection: Connection, *, is_quick: bool) -> list[str]:
        """Return what is wrong with it, sentences of its kind; quick: found in one reading."""

    def check_in_place(self, connection: Connection) -> None:
        """Check, before a commit, that it is still where it was, and this server's.

        Args:
            connection: The writer's, in its transaction.

        Raises:
            MachineError: What is written would be lost, or disturb another program.
        """

    def writer_engine(self) -> Engine:
        """Return the engine of the one connection that writes."""

    def reader_engine(self) -> Engine:
        """Return an engine whose connections can only read, each transaction one state."""

    @property
    def readers_wait(self) -> bool:
        """Whether reading may wait for the writer, or for a network."""

    def reading(self, connection: Connection) -> AbstractContextManager[None]:
        """Have what is read of one state of the database, which is held no longer than that.

        Args:
            connection: Of the `reader_engine`, and used in no other way.
        """

    def interrupt(self, connection: Connection) -> None:
        """End what another thread executes; it gets an error. Nothing if it executes nothing.

        Args:
            connection: Of the `reader_engine`.
        """

    def read_version(self, connection: Connection) -> int:
        """Return the version of the schema, 0 when none was ever written."""

    def write_version(self, connection: Connection, version: int) -> None:
        """Set the version of the schema, as part of the transaction."""

    def upgrade(self, connection: Connection, version: int) -> None:
        """Bring the tables from an older version of the schema to the present one."""

    @property
    def sharing(self) -> Sharing:
        """How this server gets along with others that use it."""

    @property
    def numbering(self) -> Numbering:
        """Which ids were given."""

    def recover(
        self, connection: Connection, error: Exception, *, tries: int, at_commit: bool
    ) -> Fate:
        """Return how a transaction ended that raised an error, waiting where that helps.

        Args:
            connection: Its connection, outside of a transaction.
            error: What was raised.
            tries: How often it was tried before.
            at_commit: Whether the commit raised it.

        Raises:
            MachineError: That cannot be known.
        """

    def explain(self, error: Exception) -> TorcError | None:
        """Return what a statement's failure means: the machine's trouble, a conflict, a bad value.

        After a `MachineError` the whole transaction is over. None: the failure is a fault of this
        program.
        """

    def unusable(self, error: Exception) -> MachineError:
        """Return the error for a database that cannot be opened."""

    def maintain(self, connection: Connection, *, is_idle: bool) -> None:
        """Do what upkeep is due after a group of writes; `is_idle` when no request waits."""

    def give_back(self, connection: Connection) -> bool:
        """Give some of the space of what was deleted back; return whether there is more.

        Args:
            connection: In a transaction.
        """

    def room(self) -> Room:
        """Return what there is on its disk."""

    def free_memory(self, connection: Connection) -> None:
        """Drop what the connection caches."""

    def finish(self, connection: Connection) -> None:
        """Leave everything tidy: the writer stops."""


def open_database(address: Path | str) -> Database:
    """Return the database at an address: the path of a file, or the URL of a PostgreSQL server.

    Raises:
        MachineError: The driver for PostgreSQL is not installed.
    """
    if isinstance(address, Path):
        from torc_server.storage.sqlite.database import (  # noqa: PLC0415 - it imports this module
            SQLiteDatabase,
        )

        return SQLiteDatabase(address)
    try:
        from torc_server.storage.postgres.database import (  # noqa: PLC0415 - an optional part
            PostgresDatabase,
        )
    except ImportError as error:
        raise MachineError(
            f"PostgreSQL needs a driver that is not installed: {error}.",
            hint="Install torc-tui[postgres].",
        ) from error
    return PostgresDatabase(address)


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
