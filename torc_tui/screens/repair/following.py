"""Refreshing whenever something happens to a workflow, but not too often."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from time import monotonic

from torc_core.model.ids import WorkflowId
from torc_core.operations.event_feed import EventFeed
from torc_tui.requests import Requests

_LEAST_PAUSE_S = 0.5
"""The least time between two looks, however much happens."""
_REST = 5
"""Pause after a look, as a multiple of the time it took."""


class Following:
    """Looks at a workflow at once, and then after its events; made in the event loop.

    Args:
        requests: Knows the server.
        workflow_id: Whose events.
        look: Looks once; what it raises ends the following.
    """

    def __init__(
        self, requests: Requests, workflow_id: WorkflowId, look: Callable[[], Awaitable[None]]
    ) -> None:
        self._look = look
        self._loop = asyncio.get_running_loop()
        self._has_changed = asyncio.Event()
        self._has_changed.set()
        self._feed = EventFeed(requests.client, workflow_id, self._announce)

    def _announce(self) -> None:
        # Without an event loop the interface has quit.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._has_changed.set)

    async def run(self) -> None:
        """Look for as long as this is not canceled."""
        while True:
            await self._has_changed.wait()
            self._has_changed.clear()
            self._feed.acknowledge()
            began = monotonic()
            await self._look()
            await asyncio.sleep(max(_LEAST_PAUSE_S, _REST * (monotonic() - began)))

    def close(self) -> None:
        """Stop listening."""
        self._feed.close()
