"""The one thread and connection that writes.

Requests queue; the thread takes all that wait, runs each in its own savepoint, commits once, and
only then answers. So nothing is acknowledged before it is on disk, two writes never race, and a
slow disk costs one flush per group instead of one per request. Consecutive requests of one kind can
even be run together, which costs hardly more than one of them.

A group also has one moment, the time of its commit, which is never before that of the group before
it, even if the wall clock is set back: so times never contradict the order of ids.

Long work is done in slices, with other requests in between. While a workflow is reserved for such
work, by this server or another one, requests that would change it are rolled back and wait; all
others are served.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection

from torc_core.clock import Clock
from torc_core.errors import MachineError
from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import Health
from torc_server.histogram import Histogram
from torc_server.storage.database import Database
from torc_server.storage.groups import Groups, Request
from torc_server.storage.health import Room, health_of
from torc_server.storage.long_work.reservations import Reservations
from torc_server.storage.long_work.unfinished import check_free, check_held
from torc_server.storage.memory import release_memory
from torc_server.storage.notify import Changes, Notifier
from torc_server.storage.transactions import Transactions

T = TypeVar("T")
ItemT = TypeVar("ItemT")

GROUP_LIMIT = 64
_GROUP_SIZES = (1, 2, 4, 8, 16, 32, GROUP_LIMIT)
LARGE_GROUP_S = 1.0
"""A group that takes longer has used much memory, which is returned to the system."""
_STOPS = MachineError("The server stops.", hint="Repeat the request when it is back.")


class Writer(Transactions):
    """Runs functions on the writing connection, in the order in which they came."""

    def __init__(self, database: Database, notifier: Notifier, *, clock: Clock) -> None:
        self._connection = database.writer_engine().connect()
        self._database = database
        self._notifier = notifier
        self._clock = clock
        self.damage: MachineError | None = None
        """What was found wrong with the database, though it can be written to."""
        self.group_sizes = Histogram(_GROUP_SIZES)
        self.group_times = Histogram()
        """Seconds from the begin of a transaction to the end of its commit."""
        self._queue: SimpleQueue[Request | None] = SimpleQueue()
        self._reservations = Reservations(self._queue.put)
        self._groups = Groups(database, clock, self._hand_over, self._reservations)
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many requests the thread has not taken yet."""
        return self._queue.qsize()

    @asynccontextmanager
    async def reserve(self, workflow_id: WorkflowId, holder: int) -> AsyncIterator[Reserved]:
        """Yield the work of a holder on a workflow.

        From when it is noted until it is forgotten requests of others that would change the
        workflow wait.
        """
        own = Reserved(self, workflow_id, holder)
        try:
            yield own
        finally:
            own.is_over = True
            self.look_again(None)

    def look_again(self, changes: Changes | None) -> None:
        """Look whether requests wait for nothing any longer, after changes; None: anything."""
        if self._reservations.concerns(changes):
            self.put(lambda *_: (None,), None).cancel()  # its outcome is not waited for

    def health(self) -> Health:
        """Return how the database is."""
        return health_of(self._groups.trouble or self.damage, self.room())

    def room(self) -> Room:
        """Return what there is on the database's disk."""
        return self._database.room()

    async def stop(self) -> None:
        """Finish the queued requests, leave the database tidy, and end the thread."""
        self._reservations.is_closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def put(
        self,
        work: Callable[[Connection, Sequence[ItemT], int], Iterable[T | Exception]],
        item: ItemT,
        holder: int | None = None,
    ) -> asyncio.Future[T]:
        """Queue an item for a function that takes several."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Request(work, item, future, holder=holder))
        return future

    def _serve(self) -> None:
        with self._connection as connection:
            used_much = False
            while group := self._next_group():
                begin = self._clock.monotonic()
                self._groups.run(connection, group)
                took = self._clock.monotonic() - begin
                self.group_sizes.add(len(group))
                self.group_times.add(took)
                del group  # its arguments may be large, and the next group may be long in coming
                self._database.maintain(connection, is_idle=self._queue.empty())
                used_much = used_much or took > LARGE_GROUP_S
                if used_much and self._queue.empty():
                    self._database.free_memory(connection)
                    release_memory()
                    used_much = False
            self._database.finish(connection)
        self._refuse_rest()

    def _refuse_rest(self) -> None:
        """Answer the requests that waited for a reservation when the writer stopped."""
        rest = self._reservations.all_waiting()
        while not self._queue.empty():
            rest += filter(None, [self._queue.get()])
        for request in rest:
            request.outcome = _STOPS
        self._hand_over(rest, frozenset())

    def _next_group(self) -> list[Request]:
        """Return the waiting requests, at least one; none when the writer is to stop."""
        group: list[Request] = []
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

    def _hand_over(self, group: list[Request], changed: frozenset[int]) -> None:
        self._loop.call_soon_threadsafe(self._deliver, group, changed)

    def _deliver(self, group: list[Request], changed: frozenset[int]) -> None:
        for request in group:
            request.answer()
        if changed:
            self._notifier.notify(changed)


class Reserved:
    """Work on a workflow that is reserved for it, from when it is noted until it is forgotten.

    Args:
        writer: The writer.
        workflow_id: The workflow.
        holder: Who does it.
    """

    def __init__(self, writer: Writer, workflow_id: WorkflowId, holder: int) -> None:
        self._writer = writer
        self.workflow_id = workflow_id
        self.holder = holder
        self.is_over = False
        """Given up, maybe while it waited for another one."""

    async def begin(self, fn: Callable[..., T], /, *args: Any) -> T:
        """Call `fn(connection, *args, now_ms=...)`, which notes the work, once others have ended.

        Raises:
            MachineError: There is no space left, or the disk fails; nothing was written.
            Exception: What `fn` raised; what it wrote was rolled back.
        """

        def work(connection: Connection, _: object, now_ms: int) -> Iterable[T]:
            if self.is_over:
                raise _STOPS
            check_free(connection, self.workflow_id)
            return [fn(connection, *args, now_ms=now_ms)]

        return await self._writer.put(work, None, self.holder)

    async def run(self, fn: Callable[..., T], /, *args: Any) -> T:
        """Call `fn(connection, *args, now_ms=...)`, see `Transactions.run_timed`.

        Raises:
            TakenOverError: Another server has the work; nothing was written.
            MachineError: There is no space left, or the disk fails; nothing was written.
            Exception: What `fn` raised; what it wrote was rolled back.
        """

        def work(connection: Connection, _: object, now_ms: int) -> Iterable[T]:
            check_held(connection, self.workflow_id)
            return [fn(connection, *args, now_ms=now_ms)]

        return await self._writer.put(work, None, self.holder)
