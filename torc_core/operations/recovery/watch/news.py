"""What wakes a watch: events of its workflow, the end of its own work, and time."""

from __future__ import annotations

import threading
import time
from typing import Self

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError
from torc_core.model.events.event import EventType, Severity
from torc_core.model.ids import WorkflowId
from torc_core.operations.follow_events import EventFollower, Following

_LONGEST_PAUSE_S = 15.0
"""Between two tries to connect to the stream of events."""
_MOMENT_S = 0.3
"""One event is seldom alone."""
_WAKING = frozenset(
    {
        EventType.WORKFLOW_STARTED,
        EventType.WORKFLOW_REINITIALIZED,
        EventType.WORKFLOW_CANCELED,
        EventType.WORKFLOW_COMPLETED,
        EventType.WORKFLOW_RESET,
        EventType.JOB_RETRIED,
        EventType.COMPUTE_NODE_STARTED,
        EventType.COMPUTE_NODE_STOPPED,
        EventType.RUN_STARTED,
        EventType.RUN_ENDED,
        EventType.RECOVERY_STARTED,
        EventType.RECOVERY_TAKEN_OVER,
        EventType.RECOVERY_ENDED,
        EventType.SCHEDULER_NODE_CREATED,
    }
)
"""Events after which something else may have to be done. A job's start or end alone is none."""


class News:
    """Waits for news of a workflow; its stream is read on a thread of its own.

    Args:
        client: The server.
        workflow_id: The workflow.
        is_over: Set from outside when nothing is to be waited for any more.
    """

    def __init__(
        self, client: TorcClient, workflow_id: WorkflowId, is_over: threading.Event
    ) -> None:
        self._is_over = is_over
        self._woken = threading.Event()
        self.last = time.monotonic()
        """When there was news last."""
        self._follower = EventFollower(
            lambda: client,
            workflow_id,
            # The watch itself says that the server does not answer.
            Following(Severity.INFO, _LONGEST_PAUSE_S, is_patient=True),
            self._note_link,
        )

    def __enter__(self) -> Self:
        for work in (self._follow, self._await_end):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._follower.stop()

    def wait(self, seconds: float) -> None:
        """Wait for news, at most so long; and a moment for what follows it."""
        if self._woken.wait(max(seconds, 0.0)):
            self._is_over.wait(_MOMENT_S)
        self._woken.clear()

    def _note_link(self, is_live: bool) -> None:
        if not is_live:
            self._wake()

    def _wake(self) -> None:
        self.last = time.monotonic()
        self._woken.set()

    def _await_end(self) -> None:
        self._is_over.wait()
        self._woken.set()

    def _follow(self) -> None:
        try:
            for event in self._follower:
                if event.event_type in _WAKING:
                    self._wake()
        except NotFoundError:
            self._wake()
