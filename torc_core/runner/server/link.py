"""Sends exchange requests from two background threads and retries until acknowledged.

The server may hold a request until there is news. Meanwhile the loop can send another one with its
reports, which ends that long poll. Every exchange is a heartbeat; there is no other. A failed
request is sent again with the same number until it succeeds, so that an outage of the server delays
the reports and nothing else.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import msgspec

from torc_core.errors import (
    NotFoundError,
    ProtocolError,
    TorcError,
    TransitionError,
    UsageError,
)
from torc_core.model.exchange import Exchange
from torc_core.runner.logs import log
from torc_core.runner.policy.backoff import FIRST_DELAY_S, retry_delay_s
from torc_core.runner.server.outstanding import MAX_IN_FLIGHT, ExchangeResult, Outstanding
from torc_core.runner.server.protocol import ExchangeProtocol


class ServerLink(Outstanding):
    """Sends requests in the background.

    Args:
        protocol: How to send one.
        wake: Called from a thread when a reply has arrived, or the server starts to fail.
        jitter: Returns random numbers from 0 to 1, for the delays between retries.
    """

    def __init__(
        self,
        protocol: ExchangeProtocol,
        wake: Callable[[], None],
        jitter: Callable[[], float],
    ) -> None:
        super().__init__()
        self._protocol = protocol
        self._wake = wake
        self._jitter = jitter
        self._outgoing: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        for number in range(MAX_IN_FLIGHT):
            threading.Thread(target=self._work, name=f"server-link-{number}", daemon=True).start()

    def send(self, request: Exchange) -> None:
        """Number and send a request."""
        self._outgoing.put(self._number(request))

    def close(self) -> None:
        """Give up all requests and end the threads."""
        self._closed.set()
        for _ in range(MAX_IN_FLIGHT):
            self._outgoing.put(None)

    def _work(self) -> None:
        while (request := self._outgoing.get()) is not None:
            try:
                result = self._exchange(request)
            except Exception as error:
                # A thread that just died would leave the loop waiting for its answer.
                log.exception("Exchange with the server failed")
                self._failing.discard(request.seq)
                failure = ProtocolError(f"An exchange with the server failed: {error!r}.")
                result = ExchangeResult(request, None, failure)
            self._results.append(result)
            self._wake()

    def _exchange(self, request: Exchange) -> ExchangeResult:
        failures = 0
        while not self._closed.is_set():
            if self._is_behind_another(request):
                self._closed.wait(FIRST_DELAY_S)
                continue
            # A server that is back holds no repeated request: others wait behind it, and what it
            # asks for is out of date.
            now = msgspec.structs.replace(request, wait_seconds=0.0) if failures else request
            try:
                reply = self._protocol.exchange(now)
            except (NotFoundError, UsageError, TransitionError) as error:
                self._failing.discard(request.seq)
                return ExchangeResult(request, None, error)
            except TorcError as error:
                failures += 1
                self._note_failure(request, error)
                self._closed.wait(retry_delay_s(failures, self._jitter()))
            else:
                if request.seq in self._failing:
                    self._failing.discard(request.seq)
                    log.info("Server answers again")
                return ExchangeResult(request, reply)
        return ExchangeResult(request, None)

    def _note_failure(self, request: Exchange, error: TorcError) -> None:
        if request.seq not in self._failing:
            self._failing.add(request.seq)
            log.warning("Request failed; jobs continue, it is retried", error=error.message)
            self._wake()
