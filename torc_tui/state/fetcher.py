"""Asking the server without ever making the interface wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from torc_core.client import TorcClient
from torc_core.errors import TorcError

_log = logging.getLogger(__name__)

Call = Callable[[TorcClient], Any]
Done = Callable[[Any], None]
Failed = Callable[[TorcError], None]


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
        connect: Makes the client; called in a thread when it is first needed, and again for as
            long as it fails.
        deliver: Takes a function without arguments to the interface's own thread and calls it
            there.
        threads: How many requests may be on their way together.
    """

    def __init__(
        self,
        connect: Callable[[], TorcClient],
        deliver: Callable[[Callable[[], None]], object],
        threads: int = 3,
    ) -> None:
        self._connect = connect
        self._deliver = deliver
        self._client: TorcClient | None = None
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

    def use(self, connect: Callable[[], TorcClient]) -> None:
        """Go to another server from the next request on."""
        with self._connecting:
            self._connect = connect
            self._client = None

    def client(self) -> TorcClient:
        """Return the client; blocks while it is made, so call it in a thread.

        Raises:
            TorcError: There is no server, and none could be started.
        """
        with self._connecting:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _work(self) -> None:
        while True:
            slot, request = self._take()
            try:
                answer = partial(request.done, request.call(self.client()))
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
