"""Following the events of a workflow, also across broken connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from torc_core.client import EventStream, TorcClient
from torc_core.client.events import NumberedEvent
from torc_core.errors import NotFoundError, ServerError, TorcError, TransportError
from torc_core.model.events.event import StreamedEvent
from torc_core.model.ids import WorkflowId

FIRST_PAUSE_S = 0.5
"""Before the second try to connect again; it doubles from try to try."""


Errors = tuple[type[TorcError], ...]
_EVERY: Errors = (TorcError,)
_BREAKS: Errors = (TransportError,)
"""What ends a stream that may be opened again; what is no stream of events is not."""
_PASSING: Errors = (TransportError, ServerError)
"""What may pass while a server, or a proxy before it, starts."""


class Following(NamedTuple):
    """How events are followed."""

    level: str
    """The lowest severity."""
    longest_pause_s: float
    """Between two tries to connect again."""
    is_patient: bool = False
    """Try again whatever the error is, also at first; only a missing workflow ends it."""
    is_complete: bool = True
    """Continue after the last event, if the server numbers its events."""


class EventFollower:
    """The events of a workflow from now on; iterating waits for the next one until `stop`.

    A broken connection is made again, after pauses that grow.

    Args:
        connect: Returns the client; called by the iteration.
        workflow_id: Whose events.
        how: How they are followed.
        on_link: Called with whether there is a connection: when there is one, and when it has
            broken or could not be made.
    """

    def __init__(
        self,
        connect: Callable[[], TorcClient],
        workflow_id: WorkflowId,
        how: Following,
        on_link: Callable[[bool], object],
    ) -> None:
        self._connect = connect
        self._workflow_id = workflow_id
        self._how = how
        self._on_link = on_link
        self._breaks = _EVERY if how.is_patient else _BREAKS
        self._passing = _EVERY if how.is_patient else _PASSING
        self._stopped = threading.Event()
        self._skip_pause = threading.Event()
        self._stream: EventStream | None = None

    def stop(self) -> None:
        """End the iteration, from any thread."""
        self._stopped.set()
        self._skip_pause.set()
        if self._stream is not None:
            self._stream.close()

    def reconnect_now(self) -> None:
        """End the pause before the next try, because the server answers."""
        self._skip_pause.set()

    def __iter__(self) -> Iterator[StreamedEvent]:
        """Yield the events.

        Raises:
            TransportError: The first connection could not be made, and this is not patient.
            NotFoundError: There is no such workflow, or it was deleted.
            TorcError: The server refused, and this is not patient.
        """
        last_id: int | None = None
        stream = self._open_first()
        while stream is not None:
            with stream:
                try:
                    for numbered in self._events_of(stream):
                        last_id = (numbered.id or last_id) if self._how.is_complete else None
                        yield numbered.event
                except self._breaks:
                    pass  # the same as the end of the stream, when the server stops
            stream = self._open_again(last_id)

    def _events_of(self, stream: EventStream) -> Iterator[NumberedEvent]:
        if not self._stopped.is_set():  # while it was opened
            self._on_link(True)
            yield from stream

    def _open_first(self) -> EventStream | None:
        try:
            return self._open(None)
        except NotFoundError:
            raise
        except TorcError:
            if not self._how.is_patient:
                raise
            return self._open_again(None)

    def _open_again(self, last_id: int | None) -> EventStream | None:
        """Return a new stream, or None when stopped."""
        if not self._stopped.is_set():
            self._on_link(False)
        pause = FIRST_PAUSE_S
        while not self._stopped.is_set():
            self._skip_pause.wait(min(pause, self._how.longest_pause_s))
            if self._stopped.is_set():
                break
            self._skip_pause.clear()
            pause *= 2
            try:
                self._connect().ping()  # looks for a server that has moved
                return self._open(last_id)
            except NotFoundError:
                raise
            except self._passing:
                pass  # tried again
        return None

    def _open(self, last_id: int | None) -> EventStream:
        self._stream = self._connect().stream_events(
            self._workflow_id, level=self._how.level, last_event_id=last_id
        )
        return self._stream
