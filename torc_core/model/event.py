"""Events: every change of state, in the order in which it was committed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from torc_core.model.wire import Wire


class Severity(StrEnum):
    """How much an event matters."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for debug to 3 for error."""
        return _RANK[self]


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Event(Wire, frozen=True, kw_only=True):
    """A stored event. `data` is an object with `category`, `type` and more by convention."""

    id: int | None = None
    workflow_id: int
    timestamp: int
    """Milliseconds since 1970, server time."""
    data: Any


class StreamedEvent(Wire, frozen=True, kw_only=True):
    """One frame of the event stream."""

    workflow_id: int
    timestamp: int
    """Milliseconds since 1970, server time."""
    event_type: str
    severity: Severity
    data: Any = None


EVENT_SEVERITY: dict[str, Severity] = {
    "workflow_started": Severity.INFO,
    "workflow_reinitialized": Severity.INFO,
    "workflow_canceled": Severity.WARNING,
    "workflow_completed": Severity.INFO,
    "workflow_reset": Severity.WARNING,
    "job_started": Severity.INFO,
    "job_completed": Severity.INFO,
    "job_failed": Severity.ERROR,
    "job_canceled": Severity.WARNING,
    "job_terminated": Severity.WARNING,
    "job_pending_failed": Severity.INFO,
    "job_retried": Severity.WARNING,
    "job_ready": Severity.DEBUG,
    "jobs_spawned": Severity.INFO,
    "compute_node_started": Severity.INFO,
    "compute_node_stopped": Severity.INFO,
    "scheduler_node_created": Severity.INFO,
    "action_executed": Severity.INFO,
    "user_action": Severity.INFO,
}
"""Every type of event that the server writes itself, with its severity."""
