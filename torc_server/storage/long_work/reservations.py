"""Requests that wait until workflows are reserved no longer.

Which workflows are reserved is in the database, so it is the same for all servers that use it. Used
by the thread that writes, but for `concerns`.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING

from torc_core.model.ids import WorkflowId
from torc_server.storage.long_work.unfinished import ReservedError
from torc_server.storage.notify import Changes

if TYPE_CHECKING:
    from torc_server.storage.groups import Request


class Reservations:
    """Who waits for which workflow.

    Args:
        repeat: Queues a request again.
    """

    def __init__(self, repeat: Callable[[Request], None]) -> None:
        self._repeat = repeat
        self._waiting: dict[WorkflowId, list[Request]] = {}
        self.is_closed = False
        """The writer stops: nothing is repeated, since what is half done waits for the next."""

    def concerns(self, changes: Changes | None) -> bool:
        """Return whether a request may wait for these changes; None: for any. In any thread."""
        if changes is None:
            return bool(self._waiting)
        return any(topic in self._waiting for topic in changes.topics)

    def release(self, reserved: Container[WorkflowId]) -> None:
        """Queue again what waits for workflows that are reserved no longer."""
        if self.is_closed:
            return
        for workflow_id in [each for each in self._waiting if each not in reserved]:
            for request in self._waiting.pop(workflow_id):
                self._repeat(request)

    def stop(self, request: Request, error: ReservedError) -> None:
        """Note that a request has to wait; what it did is rolled back.

        It is noted before its transaction ends, and so before another server can end the
        reservation: that end is never missed.
        """
        request.waits_for = error.workflow_id
        self._waiting.setdefault(error.workflow_id, [])

    def keep_waiting(self, group: list[Request]) -> list[Request]:
        """Keep the requests of a group that have to wait, and return the others."""
        answered = []
        for request in group:
            workflow_id, request.waits_for = request.waits_for, None
            if workflow_id is None:
                answered.append(request)
            else:
                self._waiting.setdefault(workflow_id, []).append(request)
        return answered

    def all_waiting(self) -> list[Request]:
        """Return all requests that wait."""
        return [request for waiting in self._waiting.values() for request in waiting]
