"""Asking the server without ever making the interface wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.host.connect import Connection

_log = logging.getLogger(__name__)

Call = Callable[[], Any]
Done = Callable[[Any], object]
Failed = Callable[[TorcError], object]


class _Request(NamedTuple):
    call: Call
    done: Done
    failed: Failed


class Fetcher:
    """Threads that carry requests to the server and answers back.

    Requests of one slot are carried out one after the other, and one that waits is replaced by
    the next of its slot: a held-down key asks for the last window only. The threads are daemons,
    so that a server that never answers cannot keep the interface from ending.

    Args:
        connect: Makes the connection; called in a thread when it is first needed, and again for as
            long as it fails.
        deliver: Takes a function without arguments to the interface's own thread and calls it
            there.
        threads: How many requests may be on their way together.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        deliver: Callable[[Callable[[], object]], object],
        threads: int = 3,
    ) -> None:
        self._connect = connect
        self._deliver = deliver
        self._connection: Connection | None = None
        self._connecting = threading.Lock()
        self._waiting: dict[str, _Request] = {}
        self._busy: set[str] = set()
        self._change = threading.Condition()
        for _ in range(threads):
            threading.Thread(target=self._work, name="fetcher", daemon=True).start()

    def ask(self, slot: str, call: Call, done: Done, failed: Failed) -> None:
        """Carry out `call` in a thread, then `done` with its answer or `failed` with its error."""
        with self._change:
            self._waiting.pop(slot, None)
            self._waiting[slot] = _Request(call, done, failed)
            self._change.notify()

    def use(self, connect: Callable[[], Connection]) -> None:
        """Go to another server from the next request on."""
        with self._connecting:
            self._connect = connect
            self._connection = None

    def connection(self) -> Connection:
        """Return the connection; blocks while it is made, so call it in a thread.

        Raises:
            TorcError: There is no server, and none could be started.
        """
        with self._connecting:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection

    def client(self) -> TorcClient:
        """Return the client of the connection, on the same terms."""
        return self.connection().client

    @property
    def url(self) -> str | None:
        """The address of the server, once there was a connection; never blocks."""
        connection = self._connection
        return connection and connection.client.url

    def _work(self) -> None:
        while True:
            slot, request = self._take()
            try:
                answer = partial(request.done, request.call())
            except TorcError as error:
                answer = partial(request.failed, error)
            except Exception as error:  # noqa: BLE001 - the border of a thread: its end would be silence
                _log.exception("a request failed in an unforeseen way")
                answer = partial(request.failed, TorcError(f"{type(error).__name__}: {error}"))
            with self._change:
                self._busy.discard(slot)
                self._change.notify()
            self._deliver(answer)

    def _take(self) -> tuple[str, _Request]:
        with self._change:
            while True:
                for slot in self._waiting:
                    if slot not in self._busy:
                        self._busy.add(slot)
                        return slot, self._waiting.pop(slot)
                self._change.wait()
