"""Events: what happened, in the order in which it was committed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from torc_core.model.ids import EventId, WorkflowId
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
    """A stored event. `data` is an object, whose fields depend on the event type."""

    id: EventId | None = None
    workflow_id: WorkflowId
    timestamp: int
    """Milliseconds since 1970, server time."""
    data: Any


class StreamedEvent(Wire, frozen=True, kw_only=True):
    """One frame of the event stream."""

    workflow_id: WorkflowId
    timestamp: int
    """Milliseconds since 1970, server time."""
    event_type: str
    severity: Severity
    data: Any = None
