"""Sends exchange requests from two background threads and retries until acknowledged.

The server may hold a request until there is news. Meanwhile the loop can send another one with its
reports, which ends that long poll. Every exchange is a heartbeat; there is no other. A failed
request is sent again with the same number until it succeeds, so that an outage of the server delays
the reports and nothing else.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable

import msgspec

from torc_core.errors import (
    NotFoundError,
    ProtocolError,
    TorcError,
    TransitionError,
    UsageError,
)
from torc_core.model.exchange import Exchange, ExchangeReply
from torc_core.runner.logs import log
from torc_core.runner.policy.backoff import FIRST_DELAY_S, retry_delay_s
from torc_core.runner.server.protocol import ExchangeProtocol

MAX_IN_FLIGHT = 2
"""Requests at a time: a long poll, and one with reports."""


class ExchangeResult(msgspec.Struct, frozen=True):
    """A request that was answered, or given up."""

    request: Exchange
    reply: ExchangeReply | None
    """None: see `error`; or the link was closed."""
    error: TorcError | None = None
    """A retry would fail as well: the workflow is gone, or the server refuses a setting."""


class ServerLink:
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
        self._protocol = protocol
        self._wake = wake
        self._jitter = jitter
        self._seq = 0
        self._sent: dict[int, Exchange] = {}
        """Requests not answered yet, by number."""
        self._outgoing: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._results: deque[ExchangeResult] = deque()
        self._closed = threading.Event()
        self._failing: set[int] = set()
        """Numbers of requests that failed and were not answered since."""
        for number in range(MAX_IN_FLIGHT):
            threading.Thread(target=self._work, name=f"server-link-{number}", daemon=True).start()

    @property
    def in_flight(self) -> int:
        """How many requests were sent and are not answered yet."""
        return len(self._sent)

    @property
    def carries_report(self) -> bool:
        """Whether a completion, a release or the replacement of a node is in flight."""
        return any(each.ends or each.releases or each.replaces for each in self._sent.values())

    @property
    def is_failing(self) -> bool:
        """Whether a request failed and was not answered since."""
        return bool(self._failing)

    @property
    def can_send(self) -> bool:
        """Whether another request may be sent now; while the server fails, one is enough."""
        return self.in_flight < MAX_IN_FLIGHT and not self.is_failing

    def send(self, request: Exchange) -> None:
        """Number and send a request."""
        self._seq += 1
        self._sent[self._seq] = request = msgspec.structs.replace(request, seq=self._seq)
        self._outgoing.put(request)

    def collect(self) -> list[ExchangeResult]:
        """Return the results since the last call."""
        results = []
        while self._results:
            result = self._results.popleft()
            del self._sent[result.request.seq]
            results.append(result)
        return results

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

    def _is_behind_another(self, request: Exchange) -> bool:
        """Return whether an older request fails too.

        That one goes first, so that reports arrive in the order in which they were made.
        """
        failing = list(self._failing)  # one step: the other thread changes it
        return request.seq in failing and min(failing) < request.seq

    def _note_failure(self, request: Exchange, error: TorcError) -> None:
        if request.seq not in self._failing:
            self._failing.add(request.seq)
            log.warning("Request failed; jobs continue, it is retried", error=error.message)
            self._wake()
