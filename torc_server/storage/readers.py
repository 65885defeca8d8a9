"""A few connections that only read, each with a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from time import thread_time
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from torc_core.errors import MachineError
from torc_server.peers import requester
from torc_server.storage.database import Database
from torc_server.storage.group_needs import GROUP_NEEDS, GroupNeeds
from torc_server.storage.recent import RUN_TIMES, Recent
from torc_server.storage.sizes import PLACES, SIZES, Places, Sizes
from torc_server.turns import NoTurnError, Turns

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 8
"""Queries of one requester that go straight to the readers; further ones wait for turns."""
_MOST_RUNS = 1_000
"""Of how many runs is known how long their jobs took."""

QUICK_S = 0.001
"""CPU time; longer queries would keep other requests waiting."""
_MOST_KNOWN_BYTES = 8_000_000
"""Of all kept results together, as JSON."""
_KNOWN_BYTES = 500
"""What a result takes besides."""
_INTERRUPTS_EVERY_S = 0.02


class _Known(NamedTuple, Generic[T]):
    """The result of a query."""

    result: T
    tables: frozenset[str]
    """What it was read of."""
    since: int
    """How many transactions had ended before."""
    took_s: float


class Readers:
    """Runs queries beside the writer; each sees one consistent state of the database.

    A client with many queries waits for its own: others are served in between.
    """

    def __init__(self, database: Database, count: int) -> None:
        self._database = database
        self._engine = database.reader_engine()
        self._local = threading.local()
        self._memory = {
            SIZES: Sizes(),
            PLACES: Places(),
            GROUP_NEEDS: GroupNeeds(),
            RUN_TIMES: Recent[Any, Any](_MOST_RUNS),
        }
        """What queries found before and go on from."""
        self._known: Recent[Hashable, _Known[Any]] = Recent(_MOST_KNOWN_BYTES)
        self._connections: list[Connection] = []
        self._pool = ThreadPoolExecutor(count, "reader")
        self._turns = Turns(max(1, count - 1))
        """For what goes beyond `AT_ONCE`: it leaves one reader to others."""
        self._waiting: dict[str, int] = {}
        """Queries under way, by requester; the one with the fewest is next."""
        self._is_stopped = False
        self._errors = DBAPIError, self._engine.dialect.loaded_dbapi.Error

    async def run(
        self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `fn(connection, *args, **kwargs)`.

        Raises:
            MachineError: The disk fails, the database is damaged, or the server stops.
            Exception: What `fn` raised.
        """

        def query(connection: Connection) -> T:
            return fn(connection, *args, **kwargs)

        who = requester.get()
        waiting = self._waiting.get(who, 0)
        self._waiting[who] = waiting + 1
        try:
            loop = asyncio.get_running_loop()
            if waiting < AT_ONCE:
                return await loop.run_in_executor(self._pool, self._query, query)
            await self._take_turn(waiting)
            try:
                return await loop.run_in_executor(self._pool, self._query, query)
            finally:
                self._turns.leave()
        finally:
            if self._waiting[who] == 1:
                del self._waiting[who]
            else:
                self._waiting[who] -= 1

    async def look_up(
        self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return the same, for what clients ask again and again.

        It is kept until a table is changed that it was read of.

        A query that was quick the last time, and waits for nothing, is answered on the spot: to
        wake a thread takes longer.

        Args:
            fn: A function of the database alone; what it returns is not to be changed.
            *args: Hashable.
            **kwargs: Hashable.

        Returns:
            What can be written as JSON.

        Raises:
            MachineError: As `run`.
            Exception: What `fn` raised.
        """
        changes = self._database.sharing.changes
        if changes is None:
            return await self.run(fn, *args, **kwargs)
        key = (fn, args, *kwargs.items())
        known: _Known[T] | None = self._known.get(key)
        if known is not None and changes.is_current(known.tables, known.since):
            return known.result

        def query(connection: Connection) -> _Known[T]:
            begin, since = thread_time(), changes.now
            result, tables = changes.read(connection, lambda: fn(connection, *args, **kwargs))
            return _Known(result, tables, since, thread_time() - begin)

        if known is not None and known.took_s < QUICK_S and not self._database.readers_wait:
            known = self._query(query)
        else:
            known = await self.run(query)
        self._known.keep(key, known, _KNOWN_BYTES + len(msgspec.json.encode(known.result)))
        return known.result

    def refuse_waiting(self) -> None:
        """Give up the queries that have not begun."""
        self._turns.close()

    def stop(self) -> None:
        """Interrupt the running queries, refuse the others, and close the connections."""
        self._is_stopped = True
        ending = threading.Thread(target=self._pool.shutdown)
        ending.start()
        while ending.is_alive():  # a query may have further statements
            for connection in list(self._connections):
                self._database.interrupt(connection)
            ending.join(_INTERRUPTS_EVERY_S)
        for connection in self._connections:
            connection.close()

    async def _take_turn(self, waiting: int) -> None:
        try:
            await self._turns.take((waiting,))
        except NoTurnError as error:
            raise _stops() from error

    def _query(self, query: Callable[[Connection], T]) -> T:
        try:
            try:
                return self._read(query)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._read(query)  # by a new connection: the database was restarted
        except self._errors as error:
            if self._is_stopped:
                raise _stops() from error
            if (explained := self._database.explain(error)) is None:
                raise
            raise explained from error

    def _read(self, query: Callable[[Connection], T]) -> T:
        if self._is_stopped:
            raise _stops()
        connection = self._own_connection()
        with self._database.reading(connection):
            return query(connection)

    def _own_connection(self) -> Connection:
        """Return this thread's connection; made at its first query."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._engine.connect()
            connection.info.update(self._memory)
            self._connections.append(connection)
        return connection


def _stops() -> MachineError:
    return MachineError("The server stops.", hint="Repeat the request when it is back.")
