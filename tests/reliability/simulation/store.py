"""The server's storage without threads: the real file, pragmas, migrations and group commit.

Its user decides when a group is committed, and at which statement the server dies.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from reliability.simulation.plans import Created, PlannedJob, create

from torc_core.clock import Clock
from torc_server.lifespan import _prepare
from torc_server.storage.groups import Groups, Request
from torc_server.storage.long_work.reservations import Reservations
from torc_server.storage.sqlite.alone import Alone
from torc_server.storage.sqlite.database import SQLiteDatabase

Jobs = tuple[PlannedJob, ...]
Fill = Callable[..., Created]
"""Makes what is there when a history begins."""
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where files are in memory, if there is such a place."""
COMMIT = "COMMIT"
COMMITTED = "committed"
"""What `Points` sees before and after a commit."""


class Crashed(BaseException):
    """The server is dead: no handler of errors may take it for one."""


class Points:
    """The moments at which a server may die: before each statement, before and after a commit."""

    def __init__(self) -> None:
        self.count = 0
        """How many were reached."""
        self.is_watching = False
        """Only while a group is committed."""
        self._left: int | None = None
        self._is_wanted: Callable[[str], bool] = bool

    def arm(self, number: int, is_wanted: Callable[[str], bool] = bool) -> None:
        """Let the server die at a moment, counted from 0 among those that are wanted."""
        self._left, self._is_wanted = number, is_wanted

    def disarm(self) -> None:
        """Let it live."""
        self._left = None

    def reach(self, text: str) -> None:
        if not self.is_watching:
            return
        self.count += 1
        if self._left is None or not self._is_wanted(text):
            return
        if self._left == 0:
            self._left = None
            raise Crashed(text)
        self._left -= 1


class Committed(NamedTuple):
    """What came of a group."""

    answered: list[Request]
    """Those whose outcome is known; the others wait for the end of a reservation."""
    changed: frozenset[int]
    """The topics that it changed."""


class Work(NamedTuple):
    """A function over the connection that writes; a timed one is given the group's moment."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    is_timed: bool = True

    def __call__(self, connection: Any, _: Any, now_ms: int) -> list[Any]:
        moment = {"now_ms": now_ms} if self.is_timed else {}
        return [self.function(connection, *self.arguments, **moment)]


class Database(SQLiteDatabase):
    """Its engines, with the statements that they have compiled, are those of all servers."""

    writer_engine = cache(SQLiteDatabase.writer_engine)
    reader_engine = cache(SQLiteDatabase.reader_engine)

    def forget(self) -> None:
        """Forget what the server before knew."""
        self._in_use = None
        self.sharing = Alone()


def _never(request: Request) -> None:
    raise AssertionError(f"nothing is reserved that {request} could wait for")


class Store:
    """A database, opened by one server after the other.

    Args:
        path: The file; what is there is overwritten by `reset`.
        points: What sees each statement of the connection that writes.
    """

    def __init__(self, path: Path, points: Points | None = None) -> None:
        self.points = points or Points()
        self.path = path
        self.database = self.new_database()
        self._images: dict[tuple[Fill, Jobs], tuple[bytes, Created]] = {}
        """Files with workflows."""
        self._delivered: list[tuple[list[Request], frozenset[int]]] = []
        self.connection: Any = None

    def new_database(self) -> Database:
        """Return the database of the file."""
        return Database(self.path, watched(self.points))

    def reset(self, clock: Clock, jobs: Jobs, fill: Fill = create) -> Created:
        """Begin with a database that has workflows of these jobs alone, which are made once."""
        self.close()
        if (fill, jobs) not in self._images:
            self.make_empty(clock)
            self.open(clock)
            created = self.run(fill, jobs, is_timed=True)
            self.close()
            self._images[fill, jobs] = self.path.read_bytes(), created
        image, created = self._images[fill, jobs]
        self._remove()
        self.path.write_bytes(image)
        return created

    def make_empty(self, clock: Clock) -> None:
        """Make the file, as a server does."""
        self._remove()
        self.database.create()
        _prepare(self.database)

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def open(self, clock: Clock, repeat: Callable[[Request], None] = _never) -> None:
        """Begin to serve, as each server does.

        Args:
            clock: Its clock.
            repeat: Queues a request again that has waited for the end of a reservation.
        """
        self.database.forget()
        _prepare(self.database)
        self.connection = self.database.writer_engine().connect()
        self.reservations = Reservations(repeat)
        self._groups = Groups(
            self.database,
            clock,
            lambda *delivered: self._delivered.append(delivered),
            self.reservations,
        )

    def commit(self, group: list[Request]) -> Committed:
        """Run requests as one group.

        Raises:
            Crashed: The server has died, before or after the commit.
        """
        self._delivered.clear()
        self.points.is_watching = True
        try:
            self._groups.run(self.connection, group)
        finally:
            self.points.is_watching = False
        self.database.maintain(self.connection, is_idle=True)
        answered = [request for part, _ in self._delivered for request in part]
        return Committed(answered, frozenset().union(*(topics for _, topics in self._delivered)))

    def run(self, function: Callable[..., Any], *arguments: Any, is_timed: bool = False) -> Any:
        """Run one function as a group of its own, and return its result."""
        request = Request(Work(function, arguments, is_timed), None, None)
        self.commit([request])
        if isinstance(request.outcome, Exception):
            raise request.outcome
        return request.outcome

    def ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function reads, in a transaction that changes nothing."""
        with self.connection.begin():
            return question(self.connection, *arguments)

    def close(self) -> None:
        """End the server, however: what is not committed is gone."""
        self.points.disarm()
        if self.connection is not None:
            with suppress(Exception):
                self.connection.connection.driver_connection.rollback()
            self.connection.close()
            self.connection = None

    def end(self) -> None:
        """Leave nothing open."""
        self.close()


@contextmanager
def new_store(points: Points | None = None, kind: type[Store] = Store) -> Iterator[Store]:
    """Yield a store in a file in memory."""
    folder = tempfile.mkdtemp(prefix="torc-store-", dir=MEMORY)
    store = kind(Path(folder) / "torc.db", points)
    try:
        yield store
    finally:
        store.end()
        shutil.rmtree(folder)


def watched(points: Points) -> type[sqlite3.Connection]:
    """Return a class of connections whose statements reach points."""

    class Cursor(sqlite3.Cursor):
        def execute(self, text: str, values: Any = ()) -> Any:
            points.reach(text)
            return super().execute(text, values)

        def executemany(self, text: str, rows: Any) -> Any:
            points.reach(text)
            return super().executemany(text, rows)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            points.reach(COMMIT)
            super().commit()
            points.reach(COMMITTED)

    return Connection
