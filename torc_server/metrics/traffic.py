"""Counts the requests that are served, and names each in the log of level debug."""

from __future__ import annotations

import logging
from collections import Counter
from time import perf_counter

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from torc_server.edge.tracing import SPAN, span_id
from torc_server.histogram import Histogram

log = logging.getLogger(__name__)

UNKNOWN = "unknown"
"""The operation of requests that no handler was found for: their paths are invented by clients."""
NO_ANSWER = 0
"""The status of requests whose clients went away before the answer."""


class Traffic:
    """Passes requests on to an application, and counts them by operation and status."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._live: dict[int, Scope] = {}
        self.times: dict[tuple[str, int], Histogram] = {}
        """Seconds until an answer began, by operation and status: streams have no other end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        begin = perf_counter()
        status, end = NO_ANSWER, begin

        async def note(message: Message) -> None:
            nonlocal status, end
            if message["type"] == "http.response.start":
                status, end = message["status"], perf_counter()
            await send(message)

        self._live[id(scope)] = scope
        try:
            await self._app(scope, receive, note)
        finally:
            del self._live[id(scope)]
            self._count(scope, status, (end if status else perf_counter()) - begin)

    def in_progress(self) -> Counter[str]:
        """Return how many requests are being served, by operation."""
        return Counter(map(operation_of, self._live.values()))

    def _count(self, scope: Scope, status: int, took_s: float) -> None:
        key = operation, _ = operation_of(scope), status
        if key not in self.times:
            self.times[key] = Histogram()
        self.times[key].add(took_s)
        if log.isEnabledFor(logging.DEBUG):
            span = span_id(scope)
            log.debug(
                "%s: %s (%s) answered with %d after %.1f ms",
                *(span, scope["path"], operation, status, took_s * 1000),
                extra={SPAN: span},
            )


def operation_of(scope: Scope) -> str:
    """Return the operation id of a request's handler."""
    return getattr(scope.get("route_handler"), "operation_id", None) or UNKNOWN
