"""The one way to ask the server, and this machine: awaited, and carried out by threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from torc_core.client import TorcClient
from torc_core.errors import TorcError, TransportError
from torc_core.host.connect import Connection
from torc_tui.threads import Threads

T = TypeVar("T")

SILENT_S = 5.0
"""A file system that takes longer is said to be silent."""
LATE_S = 1.0
"""A first answer that takes longer is said to be waited for."""
SILENT_SERVER_S = 10.0
"""So is a later one, if the server has not answered anything meanwhile."""
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 15.0


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
    """Carries requests in threads, and knows whether the server answers.

    Neither waits for the other: what asks a server, and what looks at files of this machine, which
    may hang in a dead mount. Calls of one slot replace each other, see `Threads`; answers of a
    server that was replaced by another are dropped, and their awaiters canceled.

    Args:
        connect: Makes the connection; called in a thread when it is first needed, and again for as
            long as it fails.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self.is_up: bool | None = None
        """Whether the server answers; None before the first answer."""
        self.is_late = False
        """An answer takes long and there is no other meanwhile, as while the server is started."""
        self.is_read_only = False
        """Nothing is to be changed, on the server and on this machine."""
        self._server = _Server(connect)
        self._asking = Threads("requests", "Wait for the server, or choose another one.")
        self._looking = Threads(
            "looks at files", "A file system does not answer; try again when it does."
        )
        self._silent = 0
        """How many looks at files take long."""
        self._changed: Callable[[], object] = lambda: None
        self._refresh: Callable[[], object] = lambda: None
        self._say_silent: Callable[[bool], object] = lambda _: None
        self._retry: asyncio.TimerHandle | None = None
        self._lateness: asyncio.TimerHandle | None = None
        self._pause_s = _FIRST_PAUSE_S

    def watch(
        self,
        changed: Callable[[], object],
        refresh: Callable[[], object],
        say_silent: Callable[[bool], object] = lambda _: None,
    ) -> None:
        """Call back when the server is lost or found, and to retry.

        Args:
            changed: Called when `is_up` or `is_late` has changed.
            refresh: Called to retry, after a pause that doubles with each failure.
            say_silent: Called when files of this machine do not answer, and when they do again.
        """
        self._changed, self._refresh, self._say_silent = changed, refresh, say_silent

    def close(self) -> None:
        """Stop retrying and reporting."""
        self.watch(lambda: None, lambda: None)
        self._stop_retry()
        self._stop_lateness()

    def use(self, connect: Callable[[], Connection]) -> None:
        """Go to another server from the next request on; answers of the last are dropped."""
        self._server = _Server(connect)
        self._stop_retry()
        self._stop_lateness()
        self._pause_s = _FIRST_PAUSE_S
        self.is_up = None
        self._changed()

    @property
    def connection(self) -> Connection | None:
        """The connection, once there was one; never blocks."""
        return self._server.known

    @property
    def url(self) -> str | None:
        """The address of the server, once there was a connection; never blocks."""
        connection = self.connection
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
        if self.is_up is not False and not self.is_late and self._lateness is None:
            late_s = LATE_S if self.is_up is None else SILENT_SERVER_S
            self._lateness = asyncio.get_running_loop().call_later(late_s, self._note_lateness)
        answered = self._asking.submit(
            lambda: call(server.connection()), (server, slot) if slot else None
        )
        try:
            answer = await answered
        except TorcError as error:
            is_silent = isinstance(error, TransportError) or server.known is None
            self._note(server, is_up=not is_silent)
            raise
        self._note(server, is_up=True)
        return answer

    async def in_thread(self, call: Callable[[], T], *, slot: str = "") -> T:
        """Return what a function returns that may block and asks no server.

        Raises:
            TorcError: The function raised it, or another error, made into one.
            CancelledError: It was replaced by another of its slot.
        """
        return await self.submit(call, slot=slot)

    async def look(
        self,
        call: Callable[[], T],
        *,
        slot: str = "",
        say_silent: Callable[[bool], object] | None = None,
    ) -> T:
        """Return as `in_thread` what a function finds in files; the user hears if it takes long.

        Args:
            call: The function.
            slot: As for `in_thread`.
            say_silent: Called if it takes long, and when that is over; None for what was given to
                `watch`.
        """
        found = self.submit(call, slot=slot)
        say = say_silent or self._count_silent
        try:
            if not (await asyncio.wait([found], timeout=SILENT_S))[0]:
                say(True)
                try:
                    await asyncio.wait([found])
                finally:
                    say(False)
            return await found
        finally:
            found.cancel()

    def submit(self, call: Callable[[], T], *, slot: str = "") -> asyncio.Future[T]:
        """Do as `in_thread` without waiting for the result; call it in the event loop.

        Raises:
            MachineError: Too many earlier ones have not returned.
        """
        return self._looking.submit(call, slot or None)

    @property
    def is_busy(self) -> bool:
        """Whether a request, or a look at files, is under way."""
        return self._asking.is_busy or self._looking.is_busy

    def _count_silent(self, is_silent: bool) -> None:
        self._silent += 1 if is_silent else -1
        if self._silent == int(is_silent):
            self._say_silent(is_silent)

    def _note(self, server: _Server, *, is_up: bool) -> None:
        if server is not self._server:
            raise asyncio.CancelledError
        if is_up:
            self._pause_s = _FIRST_PAUSE_S
        elif self._retry is None:
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(self._pause_s, self._try_again)
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        seen = self.is_up, self.is_late
        self._stop_lateness()
        self.is_up = is_up
        if seen != (self.is_up, self.is_late):
            self._changed()

    def _note_lateness(self) -> None:
        self._lateness = None
        if self._asking.is_busy:  # else what was asked is not wanted any more
            self.is_late = True
            self._changed()

    def _stop_lateness(self) -> None:
        self.is_late = False
        if self._lateness is not None:
            self._lateness.cancel()
            self._lateness = None

    def _try_again(self) -> None:
        self._retry = None
        self._refresh()

    def _stop_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
