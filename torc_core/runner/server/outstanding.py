"""Requests that are numbered, sent, and not answered yet."""

from __future__ import annotations

from collections import deque

import msgspec

from torc_core.errors import TorcError
from torc_core.model.exchange import Exchange, ExchangeReply

MAX_IN_FLIGHT = 2
"""Requests at a time: a long poll, and one with reports."""


class ExchangeResult(msgspec.Struct, frozen=True):
    """A request that was answered, or given up."""

    request: Exchange
    reply: ExchangeReply | None
    """None: see `error`; or the link was closed."""
    error: TorcError | None = None
    """A retry would fail as well: the workflow is gone, or the server refuses a setting."""


class Outstanding:
    """Decides which request may be sent when; a subclass sends them."""

    def __init__(self) -> None:
        self._seq = 0
        self._sent: dict[int, Exchange] = {}
        """Requests not answered yet, by number."""
        self._results: deque[ExchangeResult] = deque()
        self._failing: set[int] = set()
        """Numbers of requests that failed and were not answered since."""

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

    def collect(self) -> list[ExchangeResult]:
        """Return the results since the last call."""
        results = []
        while self._results:
            result = self._results.popleft()
            del self._sent[result.request.seq]
            results.append(result)
        return results

    def _number(self, request: Exchange) -> Exchange:
        """Return a new request with the next number; it counts as sent."""
        self._seq += 1
        self._sent[self._seq] = request = msgspec.structs.replace(request, seq=self._seq)
        return request

    def _is_behind_another(self, request: Exchange) -> bool:
        """Return whether an older request fails too.

        That one goes first, so that reports arrive in the order in which they were made.
        """
        failing = list(self._failing)  # one step: another thread may change it
        return request.seq in failing and min(failing) < request.seq
