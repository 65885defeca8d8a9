"""The one thread and connection that writes.

Requests queue; the thread takes all that wait, runs each in its own savepoint, commits once, and
only then answers. So nothing is acknowledged before it is on disk, two writes never race, and a
slow disk costs one flush per group instead of one per request. Consecutive requests of one kind can
even be run together, which costs hardly more than one of them.

A group also has one moment, the time of its commit, which is never before that of the group before
it, even if the wall clock is set back: so times never contradict the order of ids.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from torc_core.clock import Clock
from torc_core.errors import MachineError
from torc_server.storage.database import Database
from torc_server.storage.memory import release_memory
from torc_server.storage.notify import CHANGED_TOPICS, Notifier
from torc_server.storage.statements import execute

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")

GROUP_LIMIT = 64
LARGE_GROUP_S = 1.0
"""A group that takes longer has used much memory, which is returned to the system."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Request:
    """One item for a function that takes several and returns an outcome for each."""

    work: Callable[[Connection, Sequence[Any], int], Iterable[Any]]
    item: Any
    future: asyncio.Future[Any]
    outcome: Any = None
    """The result; an exception is raised instead."""

    def answer(self) -> None:
        if self.future.done():  # the client went away
            return
        if isinstance(self.outcome, Exception):
            self.future.set_exception(self.outcome)
        else:
            self.future.set_result(self.outcome)


class Writer:
    """Runs functions on the writing connection, in the order in which they came."""

    def __init__(self, database: Database, notifier: Notifier, *, clock: Clock) -> None:
        self._connection = database.writer_engine().connect()
        self._database = database
        self._notifier = notifier
        self._clock = clock
        self._moment = 0
        """When the latest group was committed, in milliseconds since 1970."""
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    async def run(
        self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `fn(connection, *args, **kwargs)` and return its result once it is committed.

        Raises:
            MachineError: There is no space left, or the disk fails; nothing was written.
            Exception: What `fn` raised; what it wrote was rolled back.
        """
        return await self._put(lambda connection, *_: [fn(connection, *args, **kwargs)], None)

    async def run_timed(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Do the same for a function that writes times: `now_ms` is the moment of the commit.

        In milliseconds since 1970, as one more keyword argument. (No type can say of a function
        that it takes one more keyword than its caller gives, so mypy checks none of these.)

        Raises:
            MachineError: There is no space left, or the disk fails; nothing was written.
            Exception: What `fn` raised; what it wrote was rolled back.
        """
        return await self._put(
            lambda connection, _, now_ms: [fn(connection, *args, now_ms=now_ms, **kwargs)], None
        )

    async def run_together(
        self, fn: Callable[[Connection, Sequence[ItemT], int], Iterable[T | Exception]], item: ItemT
    ) -> T:
        """Have `fn(connection, items, now_ms)` called with this item and others that wait.

        `fn` returns an outcome for each item, in their order; one that is an exception is raised
        for its item alone. If `fn` itself raises, it is called again with each item alone.

        Raises:
            MachineError: There is no space left, or the disk fails; nothing was written.
            Exception: The item's outcome.
        """
        return await self._put(fn, item)

    async def stop(self) -> None:
        """Finish the queued requests, leave the database tidy, and end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _put(
        self,
        work: Callable[[Connection, Sequence[ItemT], int], Iterable[T | Exception]],
        item: ItemT,
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Request(work, item, future))
        return future

    def _serve(self) -> None:
        with self._connection as connection:
            used_much = False
            while group := self._next_group():
                begin = self._clock.monotonic()
                self._run_group(connection, group)
                del group  # its arguments may be large, and the next group may be long in coming
                self._database.maintain(connection, is_idle=self._queue.empty())
                used_much = used_much or self._clock.monotonic() - begin > LARGE_GROUP_S
                if used_much and self._queue.empty():
                    self._database.free_memory(connection)
                    release_memory()
                    used_much = False
            self._database.finish(connection)

    def _next_group(self) -> list[_Request]:
        """Return the waiting requests, at least one; none when the writer is to stop."""
        group: list[_Request] = []
        request = self._queue.get()
        while request is not None:
            group.append(request)
            if len(group) == GROUP_LIMIT:
                break
            try:
                request = self._queue.get_nowait()
            except Empty:
                break
        if request is None and group:
            self._queue.put(None)
        return group

    def _run_group(self, connection: Connection, group: list[_Request]) -> None:
        """Run and commit a group, answer it, and notify waiters of the workflows it changed.

        A failed commit takes the whole group with it, so its requests then run one by one: only
        those that cannot succeed alone fail.
        """
        touched = connection.info.setdefault(CHANGED_TOPICS, set())
        touched.clear()
        self._moment = max(self._moment, self._clock.wall_ms())
        try:
            with connection.begin():
                for _, alike in groupby(group, key=lambda request: request.work):
                    self._attempt(connection, list(alike))
        except Exception as error:
            touched.clear()
            if len(group) > 1:
                for request in group:
                    self._run_group(connection, [request])
                return
            log.exception("a write failed")
            group[0].outcome = self._database.explain(error) or error
        changed = frozenset(touched)
        self._loop.call_soon_threadsafe(self._deliver, group, changed)

    def _attempt(self, connection: Connection, requests: Sequence[_Request]) -> None:
        """Run requests of one kind in a savepoint: a failure leaves the rest of the group alone.

        By the driver: SQLAlchemy takes longer for a savepoint than SQLite.
        """
        execute(connection, "SAVEPOINT request")
        try:
            items = [request.item for request in requests]
            outcomes = requests[0].work(connection, items, self._moment)
            for request, outcome in zip(requests, outcomes, strict=True):
                request.outcome = outcome
        except Exception as error:
            explained = self._database.explain(error)
            if isinstance(explained, MachineError):
                raise  # the whole transaction is over
            execute(connection, "ROLLBACK TO SAVEPOINT request")
            if explained is not None:
                log.info("refused by the database: %s", error)
            requests[0].outcome = explained or error
            if len(requests) > 1:
                for request in requests:
                    self._attempt(connection, [request])
        execute(connection, "RELEASE SAVEPOINT request")

    def _deliver(self, group: list[_Request], changed: frozenset[int]) -> None:
        for request in group:
            request.answer()
        if changed:
            self._notifier.notify(changed)
