"""The one way to ask the server: awaited by the interface, carried out by threads.

Workers of Textual were measured instead (`run_worker(thread=True, exclusive=True, group=...)`).
Their threads belong to asyncio's executor, which is waited for at the exit: with a server that
accepts connections and never answers, quitting took 20.2 s, the timeout of the request, and 0.5 s
with daemon threads. And the thread of a replaced worker keeps running: a key held down for 2 s,
against a server that takes 0.2 s, had 6 requests under way together, here at most one per slot.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, NamedTuple, TypeVar

from torc_core.client import TorcClient
from torc_core.errors import TorcError, TransportError
from torc_core.host.connect import Connection
from torc_core.host.program import as_error

T = TypeVar("T")

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 15.0


class _Call(NamedTuple):
    function: Callable[[], Any]
    future: asyncio.Future[Any]


class _Server:
    """Where requests go, connected when the first one needs it."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self.known: Connection | None = None
        """The connection, once there was one; never blocks."""

    def connection(self) -> Connection:
        with self._lock:
            if self.known is None:
                self.known = self._connect()
            return self.known


class Requests:
    """Carries requests in daemon threads, and knows whether the server answers.

    Calls of one slot are carried out one after the other. One that waits is replaced by the next
    of its slot, so that a held-down key asks for the last window only: its awaiter is
    canceled, as are those of answers from a server that was replaced by another.

    Args:
        connect: Makes the connection; called in a thread when it is first needed, and again for as
            long as it fails.
        threads: How many calls may be under way together.
    """

    def __init__(self, connect: Callable[[], Connection], threads: int = 3) -> None:
        self.is_up: bool | None = None
        """Whether the server answers; None before the first answer."""
        self._server = _Server(connect)
        self._waiting: dict[str, _Call] = {}
        self._busy: set[str] = set()
        self._change = threading.Condition()
        self._numbers = count()
        self._changed: Callable[[], object] = lambda: None
        self._refresh: Callable[[], object] = lambda: None
        self._retry: asyncio.TimerHandle | None = None
        self._pause_s = _FIRST_PAUSE_S
        for _ in range(threads):
            threading.Thread(target=self._work, name="requests", daemon=True).start()

    def watch(self, changed: Callable[[], object], refresh: Callable[[], object]) -> None:
        """Call back when the server is lost or found, and to retry.

        Args:
            changed: Called when `is_up` has changed.
            refresh: Called to retry, after a pause that doubles with each failure.
        """
        self._changed, self._refresh = changed, refresh

    def close(self) -> None:
        """Stop retrying and reporting."""
        self.watch(lambda: None, lambda: None)
        self._stop_retry()

    def use(self, connect: Callable[[], Connection]) -> None:
        """Go to another server from the next request on; answers of the last are dropped."""
        self._server = _Server(connect)
        self._stop_retry()
        self._pause_s = _FIRST_PAUSE_S
        self.is_up = None
        self._changed()

    @property
    def url(self) -> str | None:
        """The address of the server, once there was a connection; never blocks."""
        connection = self._server.known
        return connection and connection.client.url

    def client(self) -> TorcClient:
        """Return the client; blocks while the connection is made, so call it in a thread.

        Raises:
            TorcError: There is no server, and none could be started.
        """
        return self._server.connection().client

    async def ask(self, call: Callable[[TorcClient], T], *, slot: str = "") -> T:
        """Return what the server answers.

        Args:
            call: The request; runs in a thread.
            slot: Requests with the same slot replace each other; empty for one by itself.

        Raises:
            TorcError: The server refused it, did not answer, or could not be started.
            CancelledError: It was replaced, or the server was.
        """
        return await self.run(lambda connection: call(connection.client), slot=slot)

    async def run(self, call: Callable[[Connection], T], *, slot: str = "") -> T:
        """Return what a function of the connection returns, on the same terms."""
        server = self._server
        try:
            answer = await self.in_thread(lambda: call(server.connection()), slot=slot)
        except TorcError as error:
            is_silent = isinstance(error, TransportError) or server.known is None
            self._note(server, is_up=not is_silent)
            raise
        self._note(server, is_up=True)
        return answer

    async def in_thread(self, call: Callable[[], T], *, slot: str = "") -> T:
        """Return what a function returns that may block and asks no server, such as of files.

        Raises:
            TorcError: The function raised it, or another error, made into one.
            CancelledError: It was replaced by another of its slot.
        """
        return await self.submit(call, slot=slot)

    def submit(self, call: Callable[[], T], *, slot: str = "") -> asyncio.Future[T]:
        """Do as `in_thread` without waiting for the result; call it in the event loop."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        slot = slot or f"single {next(self._numbers)}"
        with self._change:
            replaced = self._waiting.pop(slot, None)
            self._waiting[slot] = _Call(call, future)
            self._change.notify()
        if replaced is not None:
            replaced.future.cancel()
        return future

    def _note(self, server: _Server, *, is_up: bool) -> None:
        if server is not self._server:
            raise asyncio.CancelledError
        if is_up:
            self._pause_s = _FIRST_PAUSE_S
        elif self._retry is None:
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(self._pause_s, self._try_again)
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        if is_up != self.is_up:
            self.is_up = is_up
            self._changed()

    def _try_again(self) -> None:
        self._retry = None
        self._refresh()

    def _stop_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _work(self) -> None:
        while True:
            slot, (function, future) = self._take()
            finish: Callable[[], None]
            try:
                finish = partial(_succeed, future, function())
            except TorcError as error:
                finish = partial(_fail, future, error)
            except Exception as error:  # noqa: BLE001 - an error must not end the thread
                finish = partial(_fail, future, as_error(error))
            with self._change:
                self._busy.discard(slot)
                self._change.notify()
            # If the event loop is closed, the interface has quit.
            with contextlib.suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(finish)

    def _take(self) -> tuple[str, _Call]:
        with self._change:
            while True:
                for slot in self._waiting:
                    if slot not in self._busy:
                        self._busy.add(slot)
                        return slot, self._waiting.pop(slot)
                self._change.wait()


def _succeed(future: asyncio.Future[Any], answer: Any) -> None:
    if not future.done():
        future.set_result(answer)


def _fail(future: asyncio.Future[Any], error: TorcError) -> None:
    if not future.done():
        future.set_exception(error)
