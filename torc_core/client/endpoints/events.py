"""Events, stored and streamed."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.events import EventStream
from torc_core.client.filters import EventFilters
from torc_core.client.request import Endpoints, Request
from torc_core.model.events.event import Event, StreamedEvent
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page


class EventEndpoints(Endpoints):
    """Operations on events."""

    def create_event(self, event: Event) -> Event:
        """Create an event; the server sets its time."""
        return self._post("/events", Event, event)

    def list_events(self, workflow_id: WorkflowId, **filters: Unpack[EventFilters]) -> Page[Event]:
        """Return a page of events."""
        path = "/events"
        return self._list(path, Page[Event], filters, EventFilters, workflow_id)

    def stream_events(
        self, workflow_id: WorkflowId, *, level: str = "info", last_event_id: int | None = None
    ) -> EventStream:
        """Open the event stream, from now on or from after the event with that id."""
        path = f"/workflows/{workflow_id}/events/stream"
        params = {"level": level, "last_event_id": last_event_id}
        return self._transport.stream(Request("GET", path, StreamedEvent, params))
