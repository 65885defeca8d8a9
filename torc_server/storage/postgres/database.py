"""PostgreSQL: a database for several servers. See `database` for what the server asks."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles

from torc_core.errors import ConflictError, MachineError, TorcError, UsageError
from torc_core.masking import mask
from torc_server.storage import tables
from torc_server.storage.database import Fate
from torc_server.storage.health import STATE, Room
from torc_server.storage.postgres import failures
from torc_server.storage.postgres.connections import connect, engine_of, interrupt
from torc_server.storage.postgres.damage import find_damage
from torc_server.storage.postgres.locks import Lock, try_lock, try_lock_in_transaction, unlock
from torc_server.storage.postgres.numbering import Numbering
from torc_server.storage.postgres.sharing import Shared
from torc_server.storage.postgres.upgrades import FIRST, UPGRADES
from torc_server.storage.tables.columns import CONDITION
from torc_server.storage.text_search import Contains, in_lower_case_of_ascii

TRIES = 5
"""How often a transaction is tried that others stood in the way of, or whose connection broke."""
_PAUSE_S = 0.05
"""Before the second try; each further pause is twice as long, and all are random."""
OLDEST_SERVER = 13
_LOST_AT_COMMIT = failures.Problem(
    "The connection to the database was lost during a commit; whether the change was stored is "
    "not known.",
    "Look at what there is when PostgreSQL is back, and repeat the request.",
    "missing",
)

compiles(Contains, "postgresql")(in_lower_case_of_ascii)
for _table in tables.workflow.metadata.tables.values():
    for _index in _table.indexes:
        _index.dialect_options["postgresql"]["where"] = _index.info.get(CONDITION)


class PostgresDatabase:
    """A database of a PostgreSQL server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.sharing = Shared(url)
        self.numbering = Numbering()
        self._is_served = False

    @property
    def name(self) -> str:
        """The URL without the password."""
        return mask(self._url)

    def create(self) -> None:
        """Check that there is the database.

        Raises:
            UsageError: The URL is none.
            MachineError: It cannot be reached, or PostgreSQL is too old.
        """
        try:
            conninfo_to_dict(self._url)
        except psycopg.Error as error:
            raise UsageError(
                f"{self.name} names no PostgreSQL database: {str(error).strip()}.",
                hint="Write postgresql://USER@HOST:PORT/DATABASE.",
            ) from error
        try:
            with connect(self._url, "reader") as connection:
                version = connection.info.server_version // 10_000
        except psycopg.Error as error:
            raise self.unusable(error) from error
        if version < OLDEST_SERVER:
            raise MachineError(
                f"The database {self.name} is of PostgreSQL {version}.",
                hint=f"torc-server needs PostgreSQL {OLDEST_SERVER} or newer.",
            )

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Use it beside other servers of the same version.

        Raises:
            ConflictError: Something has it for itself.
        """
        with self._registered(shared=True):
            self._is_served = True
            try:
                yield
            finally:
                self._is_served = False

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep servers out.

        Raises:
            ConflictError: A server has it.
        """
        return self._registered(shared=False)

    @contextmanager
    def _registered(self, *, shared: bool) -> Iterator[None]:
        engine = self.reader_engine()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not try_lock(connection, Lock.SCHEMA, _version(), shared=shared):
                who = "Another program has" if shared else "Servers use"
                raise ConflictError(
                    f"{who} the database {self.name}.",
                    hint="Wait until it is done." if shared else "Stop them first.",
                )
            try:
                yield
            finally:
                _release(connection, shared=shared)

    @property
    def was_left_open(self) -> bool:
        """False: PostgreSQL recovers by itself."""
        return False

    def find_damage(self, connection: Connection, *, is_quick: bool) -> list[str]:
        """Return what is wrong with it; quick: nothing, as PostgreSQL looks after its files."""
        return [] if is_quick else list(find_damage(connection))

    def check_in_place(self, connection: Connection) -> None:
        """Have the writer's session keep other programs out as well, as any session may break.

        Raises:
            MachineError: Another program has taken the database since.
        """
        if not self._is_served or connection.info.get(Lock.SCHEMA):
            return
        if not try_lock(connection, Lock.SCHEMA, _version(), shared=True):
            raise MachineError(
                f"While PostgreSQL was away, another program took the database {self.name}; "
                "nothing was changed.",
                hint="Wait until it is done, or start the server again.",
                **{STATE: "locked"},
            )
        connection.info[Lock.SCHEMA] = True

    def writer_engine(self) -> Engine:
        """Return the engine of the one connection of this server that writes."""
        return engine_of(self._url, "writer")

    def reader_engine(self) -> Engine:
        """Return an engine whose connections can only read, each transaction one state."""
        return engine_of(self._url, "reader")

    @property
    def readers_wait(self) -> bool:
        """True: for the network."""
        return True

    @contextmanager
    def reading(self, connection: Connection) -> Iterator[None]:
        """Have what is read of one state of the database."""
        try:
            yield
        finally:
            connection.rollback()

    interrupt = staticmethod(interrupt)

    def read_version(self, connection: Connection) -> int:
        """Return the version of the schema, 0 when none was ever written."""
        is_there = connection.exec_driver_sql("SELECT to_regclass('schema_version') IS NOT NULL")
        if not is_there.scalar_one():
            return 0
        version: int = connection.exec_driver_sql("SELECT version FROM schema_version").scalar_one()
        return version

    def write_version(self, connection: Connection, version: int) -> None:
        """Set the version of the schema, as part of the transaction."""
        if self.read_version(connection) == 0:
            connection.exec_driver_sql("CREATE TABLE schema_version (version BIGINT NOT NULL)")
            connection.exec_driver_sql("INSERT INTO schema_version VALUES (0)")
            connection.exec_driver_sql("CREATE SEQUENCE moment")
        connection.exec_driver_sql("UPDATE schema_version SET version = %s", (version,))

    def upgrade(self, connection: Connection, version: int) -> None:
        """Bring the tables from an older version of the schema to the present one.

        Raises:
            ConflictError: Servers of that version use them.
        """
        if not try_lock_in_transaction(connection, Lock.SCHEMA, version):
            raise ConflictError(
                f"Servers of an older version use the database {self.name}.",
                hint="Stop them all, and start this one again.",
            )
        for step in UPGRADES[version - FIRST :]:
            step(connection)

    def recover(
        self, connection: Connection, error: Exception, *, tries: int, at_commit: bool
    ) -> Fate:
        """Return how a transaction ended that raised an error, after a new connection if need be.

        Raises:
            MachineError: PostgreSQL does not come back.
        """
        transaction = self.sharing.transaction if at_commit else None
        if failures.is_passing(error):
            if tries >= TRIES:
                return Fate.FAILED
            _pause(tries)
            return Fate.AGAIN
        if not failures.is_lost(error):
            return Fate.FAILED
        for attempt in range(tries, TRIES):
            _pause(attempt)
            try:
                with connection.begin():
                    return _fate(connection, transaction)
            except (DBAPIError, psycopg.Error) as broken:
                if not failures.is_lost(broken):
                    raise
        problem = failures.UNREACHABLE if transaction is None else _LOST_AT_COMMIT
        raise problem.as_error() from error

    def explain(self, error: Exception) -> TorcError | None:
        """Return what a statement's failure means; None: it is a fault of this program."""
        return failures.explain(error)

    def unusable(self, error: Exception) -> MachineError:
        """Return the error for a database that cannot be opened."""
        cause = failures.cause_of(error) or error
        return MachineError(
            f"The database {self.name} cannot be opened: {mask(str(cause).strip())}.",
            hint="Check the address, the user and the password in --database, and that PostgreSQL "
            "runs; libpq's variables, such as PGPASSFILE, are used too.",
        )

    def maintain(self, connection: Connection, *, is_idle: bool) -> None:
        """Do nothing: PostgreSQL has its own upkeep."""

    def give_back(self, connection: Connection) -> bool:
        """Do nothing: PostgreSQL's autovacuum does it."""
        del connection
        return False

    def room(self) -> Room:
        """Return that nothing is known of its disk."""
        return Room(sys.maxsize, 0, is_writable=True)

    def free_memory(self, connection: Connection) -> None:
        """Do nothing: the caches are PostgreSQL's."""

    def finish(self, connection: Connection) -> None:
        """Release the database, see `_release`."""
        try:
            if connection.info.pop(Lock.SCHEMA, False):
                with connection.begin():
                    unlock(connection, Lock.SCHEMA, _version(), shared=True)
        except DBAPIError as error:
            if not failures.is_lost(error):
                raise


def _fate(connection: Connection, transaction: str | None) -> Fate:
    """Return how a transaction ended; it has, as this one has its turn."""
    if transaction is None:
        return Fate.AGAIN
    status = connection.exec_driver_sql(
        "SELECT pg_xact_status(%s::xid8)", (transaction,)
    ).scalar_one()
    return Fate.COMMITTED if status == "committed" else Fate.AGAIN


def _version() -> int:
    from torc_server.storage.migrations import VERSION  # noqa: PLC0415 - it imports the seam

    return VERSION


def _release(connection: Connection, *, shared: bool) -> None:
    """Release the database at once: PostgreSQL may notice only later that a session has ended."""
    try:
        unlock(connection, Lock.SCHEMA, _version(), shared=shared)
    except DBAPIError as error:  # a session that broke has released it
        if not failures.is_lost(error):
            raise


def _pause(tries: int) -> None:
    time.sleep(random.uniform(0.5, 1) * _PAUSE_S * 2**tries)  # noqa: S311 - to be out of step
