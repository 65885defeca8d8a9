"""SQLite: all that is said to it alone. See `database` for what the server asks.

On a file system that several machines share the file has a rollback journal instead of a
write-ahead log: slower, and readers and the writer wait for each other, but nothing depends on
memory or locks that only one machine sees (https://sqlite.org/useovernet.html).

Nothing else in the server imports its driver or reads its messages; `tests` checks that.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool

from torc_core.errors import MachineError
from torc_server.storage.database import Fate
from torc_server.storage.health import STATE, Room
from torc_server.storage.sqlite import lock
from torc_server.storage.sqlite.alone import Alone
from torc_server.storage.sqlite.changes import Noting
from torc_server.storage.sqlite.damage import find_damage
from torc_server.storage.sqlite.driver import driver_of, interrupt, one_state, run
from torc_server.storage.sqlite.failures import explain
from torc_server.storage.sqlite.file_systems import shared_file_system
from torc_server.storage.sqlite.free_pages import INCREMENTAL, give_back
from torc_server.storage.sqlite.numbering import Numbering
from torc_server.storage.sqlite.upgrades import UPGRADES
from torc_server.storage.text_search import Contains, as_it_is

log = logging.getLogger(__name__)

_STATEMENTS = 200
"""How many statements stay compiled, by SQLAlchemy with 30 KiB each and by each connection. Lists
know far more, by filter and order; a server has fewer than a hundred in use."""
_BUSY_WAIT_MS = 5000
_SHARED_WAIT_MS = 60_000
_CHECKPOINT_WAIT_MS = 100
IDLE_CHECKPOINT_BYTES = 4 * 1024 * 1024
FORCED_CHECKPOINT_BYTES = 64 * 1024 * 1024

_LOCAL = (
    "synchronous=FULL",  # what was acknowledged survives a power cut; NORMAL loses it
    INCREMENTAL,  # before the log, which writes the first page
    "journal_mode=WAL",  # readers never wait for the writer
    "wal_autocheckpoint=0",  # the writer checkpoints when it is idle, not inside a commit
    "journal_size_limit=67108864",  # bytes; a log that grew once does not stay so large
    f"busy_timeout={_BUSY_WAIT_MS}",  # a backup or a shell may hold the file for a moment
)
_SHARED = (
    "synchronous=EXTRA",  # with FULL, a journal may be back after a power cut, and undo a commit
    INCREMENTAL,
    "journal_mode=DELETE",  # the index of a log would be memory, which machines do not share
    "cache_spill=OFF",  # a large transaction would keep readers out before its commit
    f"busy_timeout={_SHARED_WAIT_MS}",  # a commit waits for those who read
)
"""On a file system that other machines may use."""
_PRAGMAS = (
    "foreign_keys=ON",  # off by default: references to nothing would be accepted
    "temp_store=MEMORY",  # sorting needs no files
    "cache_size=-32768",  # KiB
    "trusted_schema=OFF",  # a crafted file may not call functions
    "cell_size_check=ON",  # damage is noticed when a page is read, not spread
)

_READER_PRAGMAS = (
    "query_only=1",
    "temp_store=MEMORY",
    "cache_size=-8192",
    "trusted_schema=OFF",
)

compiles(Contains, "sqlite")(as_it_is)


class SQLiteDatabase:
    """A database in one file, with its log or journal beside it.

    Args:
        path: The file.
        driver: The class of the driver's connections; one of tests sees each statement.
    """

    def __init__(self, path: Path, driver: type[sqlite3.Connection] = Noting) -> None:
        self._driver = driver
        self._path = path.resolve()  # as SQLite does, before it names the log
        self._shared_by = shared_file_system(self._path)
        self._left_over = 0
        """What the last checkpoint had to leave in the log, in bytes."""
        self._in_use: tuple[int, ...] | None = None
        """Which files the writer writes to."""
        self.sharing = Alone()
        self.numbering = Numbering()

    @property
    def path(self) -> Path:
        """The file, without symbolic links."""
        return self._path

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self._path)

    def create(self) -> None:
        """Make the file when it is missing, readable by its owner alone.

        SQLite gives its companions the mode of the file.

        Raises:
            MachineError: It can neither be made nor opened.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise self._unusable(str(error.strerror)) from error

    def serving(self) -> AbstractContextManager[None]:
        """Use it alone: SQLite's writers have to know of each other.

        Raises:
            ConflictError: Another server has it.
        """
        if self._shared_by is not None:
            log.warning(
                "the database %s is on %s, which other machines may use: it has no write-ahead log "
                "there, so changes take longer, and readers and changes wait for each other; a "
                "local disk is faster, as with --database /var/tmp/torc.db",
                self._path,
                self._shared_by,
            )
        return self.exclusive()

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep other servers out.

        Raises:
            ConflictError: Another server has it.
        """
        names = self._path.stat().st_nlink
        if names > 1:
            log.warning(
                "the database %s has %d names (hard links): after a crash, only the name that was "
                "used before finds what is still in the log",
                self._path,
                names,
            )
        return lock.hold(self._path)

    @property
    def was_left_open(self) -> bool:
        """Whether the last program that wrote to it was killed: it leaves no log and no journal."""
        return _exists(self._path, "wal") or _exists(self._path, "journal")

    def find_damage(self, connection: Connection, *, is_quick: bool) -> list[str]:
        """Return what is wrong with the file; quick: found in one reading."""
        return list(find_damage(connection, is_quick=is_quick))

    def check_in_place(self, connection: Connection) -> None:
        """Check that the files the writer writes to are still those of this name.

        Raises:
            MachineError: They were removed or replaced; what is written would be lost with this
                process.
        """
        del connection
        found: tuple[int, ...] = ()
        for path in (str(self._path), f"{self._path}-wal"):
            try:
                status = os.stat(path)  # noqa: PTH116 - before each commit
            except OSError:
                break
            found += status.st_dev, status.st_ino
        if self._in_use is None:
            self._in_use = found
        elif found != self._in_use:
            raise MachineError(
                f"The database {self._path} was removed or replaced while the server uses it; "
                "nothing was changed.",
                hint="Move it back to its place, with its -wal file, or stop the server and "
                "restore a backup.",
                **{STATE: "missing"},
            )

    def writer_engine(self) -> Engine:
        """Return the engine of the one connection that writes.

        Transactions begin IMMEDIATE: one that reads first and writes later would otherwise fail at
        once when another program has written in between.
        """
        journal = _SHARED if self.readers_wait else _LOCAL
        return self._engine("rw", (*journal, *_PRAGMAS), begin="BEGIN IMMEDIATE")

    def reader_engine(self) -> Engine:
        """Return an engine whose connections can only read.

        What a killed program has left in a journal is rolled back first; that changes the file.
        """
        mode = "rw" if _exists(self._path, "journal") else "ro"
        # On a shared disk for a commit that waits for other readers, so as long as that may.
        wait_ms = _SHARED_WAIT_MS if self.readers_wait else _BUSY_WAIT_MS
        pragmas = (*_READER_PRAGMAS, f"busy_timeout={wait_ms}")
        return self._engine(mode, pragmas, begin="BEGIN")

    @property
    def readers_wait(self) -> bool:
        """Whether it has a rollback journal: then they wait for each commit."""
        return self._shared_by is not None

    reading = staticmethod(one_state)
    interrupt = staticmethod(interrupt)

    def _engine(self, mode: str, pragmas: tuple[str, ...], *, begin: str) -> Engine:
        uri = uri_of(self._path, mode)

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                uri,
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
                factory=self._driver,
            )
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
            return connection

        engine = create_engine(
            "sqlite://",
            creator=connect,
            poolclass=NullPool,
            query_cache_size=_STATEMENTS,
            json_serializer=_json_text,
        )

        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            run(connection, begin)

        return engine

    def read_version(self, connection: Connection) -> int:
        """Return the version of the schema, 0 for a new file."""
        version: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        return version

    def write_version(self, connection: Connection, version: int) -> None:
        """Set the version of the schema, as part of the transaction."""
        connection.exec_driver_sql(f"PRAGMA user_version={version}")

    def upgrade(self, connection: Connection, version: int) -> None:
        """Bring the tables from an older version of the schema to the present one."""
        for step in UPGRADES[version - 1 :]:
            step(connection)

    def recover(
        self, connection: Connection, error: Exception, *, tries: int, at_commit: bool
    ) -> Fate:
        """Return that a transaction failed: SQLite is never out of reach or in a deadlock."""
        del connection, error, tries, at_commit
        return Fate.FAILED

    explain = staticmethod(explain)

    def unusable(self, error: Exception) -> MachineError:
        """Return the error for a file that cannot be used."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT:
            return MachineError(
                f"The database {self._path} is damaged: {cause}.",
                hint="torc-server check says what is damaged; restore a backup.",
            )
        return self._unusable(str(cause))

    def _unusable(self, cause: str) -> MachineError:
        return MachineError(
            f"The database {self._path} cannot be opened: {cause}.",
            hint="Choose another file with --database, or correct its permissions.",
        )

    def maintain(self, connection: Connection, *, is_idle: bool) -> None:
        """Fold the log into the database when no request waits, or when it has grown far."""
        grown = self.wal_bytes() - self._left_over
        if grown > FORCED_CHECKPOINT_BYTES or (grown > IDLE_CHECKPOINT_BYTES and is_idle):
            _checkpoint(connection)
            self._left_over = self.wal_bytes()

    def give_back(self, connection: Connection) -> bool:
        """Give some free pages back to the disk; return whether there are more."""
        return give_back(driver_of(connection))

    def free_memory(self, connection: Connection) -> None:
        """Free the pages that are cached in memory; the system has them still."""
        driver_of(connection).execute("PRAGMA shrink_memory")

    def finish(self, connection: Connection) -> None:
        """Fold the log into the database."""
        _checkpoint(connection)

    def room(self) -> Room:
        """Return what there is on the disk."""
        disk = os.statvfs(self._path.parent)
        is_writable = os.access(self._path, os.W_OK) and not disk.f_flag & os.ST_RDONLY
        return Room(disk.f_bavail * disk.f_frsize, self.wal_bytes(), is_writable)

    def wal_bytes(self) -> int:
        """Return the size of the write-ahead log, 0 when there is none."""
        try:  # asked after every group of writes, where pathlib would take a twentieth of the time
            return os.stat(f"{self._path}-wal").st_size  # noqa: PTH116
        except OSError:
            return 0


def uri_of(path: Path, mode: str) -> str:
    """Return how SQLite is to open a file: `ro`, `rw` or `rwc`, which makes it."""
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _exists(database: Path, companion: str) -> bool:
    return Path(f"{database}-{companion}").exists()


def _json_text(value: object) -> str:
    """Return JSON as columns keep it; the standard library takes ten times as long."""
    return msgspec.json.encode(value).decode()


def _checkpoint(connection: Connection) -> None:
    """Fold the write-ahead log into the database and empty it, if readers and the disk allow.

    If another program reads for long, it gives up soon, so that the writer does not wait.
    """
    driver = driver_of(connection)
    try:
        driver.execute(f"PRAGMA busy_timeout={_CHECKPOINT_WAIT_MS}")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:  # of a damaged file, too: the writer continues
        log.warning("the log could not be folded into the database: %s", error)
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_WAIT_MS}")
