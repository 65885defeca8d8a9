"""The live events of one workflow, read in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from torc_core.client import EventStream, TorcClient
from torc_core.errors import NotFoundError, TorcError
from torc_core.model.ids import WorkflowId

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0


class EventFeed:
    """Announces that something happened; reconnects with growing pauses until closed.

    It carries no events. Each means that the state on the server has changed, and the screen asks
    for the part that it shows. A burst of thousands is one announcement.

    Args:
        connect: Returns the client; called in the feed's thread.
        workflow_id: Whose events.
        announce: Called in the feed's thread; not again before `acknowledge`.
    """

    def __init__(
        self,
        connect: Callable[[], TorcClient],
        workflow_id: WorkflowId,
        announce: Callable[[], object],
    ) -> None:
        self.workflow_id = workflow_id
        self.is_live = False
        self._connect = connect
        self._announce = announce
        self._is_announced = False
        self._closed = threading.Event()
        self._skip_pause = threading.Event()
        self._stream: EventStream | None = None
        threading.Thread(target=self._read, name="events", daemon=True).start()

    def acknowledge(self) -> None:
        """Allow the next announcement; the last one has been acted on."""
        self._is_announced = False

    def reconnect_now(self) -> None:
        """End the pause before the next try, because the server answers."""
        self._skip_pause.set()

    def close(self) -> None:
        """Close the feed; its thread exits soon after."""
        self._closed.set()
        self._skip_pause.set()
        if self._stream is not None:
            self._stream.close()

    def _read(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._closed.is_set():
            try:
                with self._connect().stream_events(self.workflow_id, level="debug") as stream:
                    self._stream = stream
                    pause = _FIRST_PAUSE_S
                    self._follow(stream)
            except NotFoundError:
                return
            except TorcError:
                pass  # tried again below
            self._set_live(is_live=False)
            self._skip_pause.wait(pause)
            self._skip_pause.clear()
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _follow(self, stream: EventStream) -> None:
        if self._closed.is_set():  # while it was opened
            return
        # What happened before this moment was missed: one refresh makes up for it.
        self._set_live(is_live=True)
        for _ in stream:
            if self._closed.is_set():
                return
            self._announce_once()

    def _set_live(self, *, is_live: bool) -> None:
        self.is_live = is_live
        self._announce_once()

    def _announce_once(self) -> None:
        if not self._is_announced and not self._closed.is_set():
            self._is_announced = True
            self._announce()
