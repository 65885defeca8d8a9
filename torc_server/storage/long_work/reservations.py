"""Workflows that only some requests may change for a while; the others wait.

Used by the thread that writes, and there alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from torc_core.model.ids import WorkflowId
from torc_server.storage.long_work.unfinished import ReservedError

if TYPE_CHECKING:
    from torc_server.storage.groups import Request


class Reservation:
    """A workflow of which others may change nothing for a while."""

    def __init__(self, workflow_id: WorkflowId) -> None:
        self.workflow_id = workflow_id
        self.is_over = False
        """Set by the task that has made it."""
        self.waiting: list[Request] = []


class Reservations:
    """Which workflows are reserved.

    Args:
        repeat: Queues a request again.
    """

    def __init__(self, repeat: Callable[[Request], None]) -> None:
        self._repeat = repeat
        self._held: dict[WorkflowId, Reservation] = {}
        self.is_closed = False
        """The writer stops: nothing is released, since what is half done waits for the next."""

    def begin(self, reservation: Reservation) -> Iterable[None]:
        """Reserve a workflow.

        Raises:
            ReservedError: It is reserved already.
        """
        if not reservation.is_over:  # it may have been given up while it waited for another one
            workflow_id = reservation.workflow_id
            if self._held.setdefault(workflow_id, reservation) is not reservation:
                raise ReservedError(workflow_id)
        return (None,)

    def release(self, reservation: Reservation) -> Iterable[None]:
        """Release a workflow, if it is reserved so, and queue again what waits for it."""
        workflow_id = reservation.workflow_id
        if self._held.get(workflow_id) is reservation and not self.is_closed:
            del self._held[workflow_id]
            for request in reservation.waiting:
                self._repeat(request)
        return (None,)

    def forbidden(self, holds: Reservation | None) -> Collection[WorkflowId]:
        """Return the workflows that a request may not change."""
        return self._held if holds is None else self._held.keys() - {holds.workflow_id}

    def stop(self, request: Request, error: ReservedError) -> None:
        """Note that a request has to wait; what it did is rolled back."""
        request.waits_for = self._held[error.workflow_id]

    def keep_waiting(self, group: list[Request]) -> list[Request]:
        """Keep the requests of a group that have to wait, and return the others."""
        answered = []
        for request in group:
            reservation, request.waits_for = request.waits_for, None
            if reservation is None:
                answered.append(request)
            elif self._held.get(reservation.workflow_id) is reservation:
                reservation.waiting.append(request)
            else:  # its end was in the same group
                self._repeat(request)
        return answered

    def all_waiting(self) -> list[Request]:
        """Return all requests that wait."""
        return [request for held in self._held.values() for request in held.waiting]
