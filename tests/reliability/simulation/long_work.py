"""Large work in simulated time: the server's own, with other requests between its slices."""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

from core.runner.shared_time import Time
from reliability.simulation.network import Fail, Reply
from reliability.simulation.plans import Slicing
from reliability.simulation.store import Store

from torc_server.background.large_work import LargeWork
from torc_server.background.task_runner import Background
from torc_server.storage.database import Database
from torc_server.storage.groups import Request
from torc_server.storage.long_work.holders import Holders
from torc_server.storage.long_work.reservations import Reservations
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer

T = TypeVar("T")
Queue = Callable[[Request], None]


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs the tasks of one server in the time of all, until it dies."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.is_dead = False
        self._soon: deque[Callable[[], object]] = deque()
        """What is to happen at this moment, in this order."""

    def die(self) -> None:
        """Drop all tasks; their handlers run here, but nothing hears of it."""
        self.is_dead = True
        for task in asyncio.all_tasks(self):
            task.cancel()
        self._run_soon()

    def time(self) -> float:
        return self._time.clock.now

    def get_debug(self) -> bool:
        return False

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **named: Any) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, **named)

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        context = context or contextvars.copy_context()
        handle = asyncio.Handle(callback, args, self, context)

        def happen() -> None:
            if not handle.cancelled():
                context.run(callback, *args)

        self._soon.append(happen)
        if len(self._soon) == 1 and not self.is_dead:
            self._time.at(self.time(), self._run_soon)
        return handle

    def call_later(
        self, delay: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context or contextvars.copy_context())

        def happen() -> None:
            if not (self.is_dead or handle.cancelled()):
                self.call_soon(callback, *args, context=context)

        self._time.at(self.time() + delay, happen)
        return handle

    def _run_soon(self) -> None:
        asyncio._set_running_loop(self)
        try:
            while self._soon:
                self._soon.popleft()()
        finally:
            asyncio._set_running_loop(None)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.is_dead:
            raise AssertionError(context["message"]) from context.get("exception")


class SteppedWriter(Writer):
    """Queues requests at a server in simulated time, each once its turn comes."""

    def __init__(
        self,
        loop: SimulatedLoop,
        queue: Queue,
        reservations: Reservations,
        server: int,
        delay_s: Callable[[], float],
    ) -> None:
        self._loop = loop
        self._put = queue
        self._reservations = reservations
        self._delay_s = delay_s
        self.holders = Holders(server)

    def put(self, work: Any, item: Any, holder: int | None = None) -> asyncio.Future[Any]:
        future = self._loop.create_future()
        if not self._loop.is_dead:
            request = Request(work, item, future, holder=holder)
            self._loop.call_later(self._delay_s(), self._put, request)
        return future


class SteppedReaders(Readers):
    """Reads in simulated time, without threads."""

    def __init__(self, database: Database, delay_s: Callable[[], float]) -> None:
        self._engine = database.reader_engine()
        self._delay_s = delay_s

    async def run(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        await asyncio.sleep(self._delay_s())
        with self._engine.connect() as connection, connection.begin():
            return fn(connection, *args, **kwargs)


class Services(NamedTuple):
    """What handlers of requests for large work use."""

    large: LargeWork
    background: Background
    writer: Writer


LargeRequest = Callable[[Services], Awaitable[Any]]
"""What the handler of a request does."""


class LongWork:
    """The large work of one server.

    Args:
        store: Its database.
        queue: Queues a request.
        time: The time of all.
        chance: Decides when a slice has its turn.
        slicing: How slices are.
    """

    def __init__(
        self, store: Store, queue: Queue, time: Time, chance: random.Random, slicing: Slicing
    ) -> None:
        def delay_s() -> float:
            return chance.uniform(0, slicing.longest_s)

        self._loop = SimulatedLoop(time)
        self._fails: dict[object, Fail] = {}
        writer = SteppedWriter(
            self._loop, queue, store.reservations, store.database.sharing.server, delay_s
        )
        readers = SteppedReaders(store.database, delay_s)
        self._services = Services(
            LargeWork(store.database, writer, readers, slicing.sizes),
            Background(store.database, writer, readers),
            writer,
        )

    def resume(self, then: Callable[[], None]) -> None:
        """Go on with what the server before has left; call a function when requests may come."""

        async def go_on() -> None:
            await self._services.large.take_over(self._services.background.has)
            then()

        self._begin(go_on())

    def carry_out(self, work: LargeRequest, reply: Reply, fail: Fail) -> None:
        """Do what a request asks for."""
        key = object()

        async def answer() -> None:
            try:
                outcome = await work(self._services)
            except Exception as error:  # noqa: BLE001 - it is the reply
                outcome = error
            del self._fails[key]
            reply(outcome)

        self._fails[key] = fail
        self._begin(answer())

    def die(self) -> list[Fail]:
        """Let nothing go on, and return what has to be called for the requests under way."""
        self._loop.die()
        return list(self._fails.values())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        task.add_done_callback(lambda done: done.cancelled() or done.result())
