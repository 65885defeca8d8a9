"""The live events of one workflow, read in a thread of their own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError
from torc_core.model.ids import WorkflowId
from torc_core.operations.follow_events import EventFollower, Following

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
        self._announce = announce
        self._is_announced = False
        self._is_closed = False
        self._follower = EventFollower(
            connect,
            workflow_id,
            Following("debug", _LONGEST_PAUSE_S, is_patient=True, is_complete=False),
            self._set_live,
        )
        threading.Thread(target=self._read, name="events", daemon=True).start()

    def acknowledge(self) -> None:
        """Allow the next announcement; the last one has been acted on."""
        self._is_announced = False

    def reconnect_now(self) -> None:
        """End the pause before the next try, because the server answers."""
        self._follower.reconnect_now()

    def close(self) -> None:
        """Close the feed; its thread exits soon after."""
        self._is_closed = True
        self._follower.stop()

    def _read(self) -> None:
        with contextlib.suppress(NotFoundError):  # deleted: there is nothing more to hear of it
            for _ in self._follower:
                self._announce_once()

    def _set_live(self, is_live: bool) -> None:
        # What happened before the connection was missed: one refresh makes up for it.
        self.is_live = is_live
        self._announce_once()

    def _announce_once(self) -> None:
        if not self._is_announced and not self._is_closed:
            self._is_announced = True
            self._announce()
