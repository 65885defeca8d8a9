"""Following the events of a workflow, also across broken connections."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from torc_core.client import EventStream, TorcClient
from torc_core.errors import ServerError, TransportError
from torc_core.model.events.event import StreamedEvent
from torc_core.model.ids import WorkflowId

_FIRST_PAUSE_S = 0.5


class EventFollower:
    """The events of a workflow from now on; iterating waits for the next one until `stop`.

    A broken connection is made again, after pauses that grow, and continued after the last event
    if the server numbers its events.

    Args:
        client: The client.
        workflow_id: Whose events.
        level: The lowest severity.
        longest_pause_s: Between two tries to connect again.
        on_break: Called when a connection has broken, and not again before the next one.
    """

    def __init__(
        self,
        client: TorcClient,
        workflow_id: WorkflowId,
        *,
        level: str,
        longest_pause_s: float,
        on_break: Callable[[], object],
    ) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self._level = level
        self._longest_pause_s = longest_pause_s
        self._on_break = on_break
        self._stopped = threading.Event()
        self._stream: EventStream | None = None

    def stop(self) -> None:
        """End the iteration, from any thread."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.close()

    def __iter__(self) -> Iterator[StreamedEvent]:
        """Yield the events.

        Raises:
            TransportError: The first connection could not be made.
            NotFoundError: There is no such workflow, or it was deleted.
            TorcError: The server refused.
        """
        last_id: int | None = None
        stream: EventStream | None = self._open(last_id)
        while stream is not None:
            with stream:
                try:
                    for numbered in stream if not self._stopped.is_set() else ():
                        last_id = numbered.id or last_id
                        yield numbered.event
                except TransportError:
                    pass  # the same as the end of the stream, when the server stops
            stream = self._open_again(last_id)

    def _open_again(self, last_id: int | None) -> EventStream | None:
        """Return a new stream, or None when stopped."""
        if not self._stopped.is_set():
            self._on_break()
        pause = _FIRST_PAUSE_S
        while not self._stopped.wait(min(pause, self._longest_pause_s)):
            pause *= 2
            with contextlib.suppress(TransportError, ServerError):
                self._client.ping()  # looks for a server that has moved
                return self._open(last_id)
        return None

    def _open(self, last_id: int | None) -> EventStream:
        self._stream = self._client.stream_events(
            self._workflow_id, level=self._level, last_event_id=last_id
        )
        return self._stream
