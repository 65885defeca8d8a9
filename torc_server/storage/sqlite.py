"""Connections to the database, and all that is said to SQLite alone.

Everything else in the server speaks SQLAlchemy Core; to serve from another database, this module,
`lock` and `migrations` get a sibling.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from torc_core.errors import MachineError

log = logging.getLogger(__name__)

_STATEMENTS = 200
"""How many statements stay compiled, by SQLAlchemy with 30 KiB each and by each connection. Lists
know far more, by filter and order; a server has fewer than a hundred in use."""
_BUSY_WAIT_MS = 5000
_CHECKPOINT_WAIT_MS = 100

_PRAGMAS = (
    "journal_mode=WAL",  # readers never wait for the writer
    "synchronous=FULL",  # what was acknowledged survives a power cut; NORMAL loses it
    "foreign_keys=ON",  # off by default: references to nothing would be accepted
    f"busy_timeout={_BUSY_WAIT_MS}",  # a backup or a shell may hold the file for a moment
    "wal_autocheckpoint=0",  # the writer checkpoints when it is idle, not inside a commit
    "journal_size_limit=67108864",  # bytes; a log that grew once does not stay so large
    "temp_store=MEMORY",  # sorting needs no files
    "cache_size=-32768",  # KiB
    "trusted_schema=OFF",  # a crafted file may not call functions
    "cell_size_check=ON",  # damage is noticed when a page is read, not spread
)

_READER_PRAGMAS = (
    "query_only=1",
    f"busy_timeout={_BUSY_WAIT_MS}",
    "temp_store=MEMORY",
    "cache_size=-8192",
    "trusted_schema=OFF",
)


def make_file(database: Path) -> None:
    """Make the file when it is missing, readable by its owner alone.

    SQLite gives its companions the mode of the file.

    Raises:
        MachineError: It can neither be made nor opened.
    """
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise unusable(database, str(error.strerror)) from error


def writer_engine(database: Path) -> Engine:
    """Return the engine of the one connection that writes.

    Transactions begin IMMEDIATE: one that reads first and writes later would otherwise fail at
    once when anybody else has written in between.
    """
    return _engine(database, "rw", _PRAGMAS, begin="BEGIN IMMEDIATE")


def reader_engine(database: Path) -> Engine:
    """Return an engine whose connections can only read."""
    return _engine(database, "ro", _READER_PRAGMAS, begin="BEGIN")


def _engine(database: Path, mode: str, pragmas: tuple[str, ...], *, begin: str) -> Engine:
    uri = f"file:{quote(str(database.absolute()))}?mode={mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri,
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=NullPool, query_cache_size=_STATEMENTS
    )

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def unusable(database: Path, cause: str) -> MachineError:
    """Return the error for a file that cannot be used."""
    return MachineError(
        f"The database {database} cannot be opened: {cause}.",
        hint="Name another file with --database, or correct its permissions.",
    )


_MACHINE_PROBLEMS = {
    sqlite3.SQLITE_FULL: (
        "The server has no space left for its database; nothing was changed.",
        "Free some space on the server's disk and repeat the request.",
    ),
    sqlite3.SQLITE_BUSY: (
        "Another program holds the server's database; nothing was changed.",
        "Close the other program on the server and repeat the request.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The server's disk fails; nothing was changed.",
        "Look into the server's log, and check its disk.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The server's database is damaged; nothing was changed.",
        "Stop the server and restore a backup.",
    ),
}
"""What is to be said for SQLite's primary result codes; after each the transaction is over."""


def machine_problem(error: BaseException) -> MachineError | None:
    """Return the error to report if a statement failed because of the machine, else None."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    problem = _MACHINE_PROBLEMS.get(code & 0xFF) if code is not None else None
    return None if problem is None else MachineError(problem[0], hint=problem[1])


def checkpoint(connection: Connection) -> None:
    """Fold the write-ahead log into the database and empty it, if readers and the disk allow.

    A foreign program that reads for long makes it give up soon: the writer has better things to
    do than to wait for it.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        driver.execute(f"PRAGMA busy_timeout={_CHECKPOINT_WAIT_MS}")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:  # also of a damaged file: the writer goes on and says so
        log.warning("the log could not be folded into the database: %s", error)
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_WAIT_MS}")


def shrink(connection: Connection) -> None:
    """Free the pages that are cached in memory; the system has them still."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA shrink_memory")


def wal_bytes(database: Path) -> int:
    """Return the size of the write-ahead log, 0 when there is none."""
    try:  # asked after every group of writes, where pathlib would take a twentieth of the time
        return os.stat(f"{database}-wal").st_size  # noqa: PTH116
    except OSError:
        return 0
