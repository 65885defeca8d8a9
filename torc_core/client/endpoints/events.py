"""Events, stored and streamed."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.events import EventStream
from torc_core.client.filters import EventFilters
from torc_core.client.request import Endpoints, Request
from torc_core.model.events.event import Event, StreamedEvent
from torc_core.model.ids import EventId, WorkflowId
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

    def get_event(self, event_id: EventId) -> Event:
        """Return one event."""
        return self._get(f"/events/{event_id}", Event)

    def delete_event(self, event_id: EventId) -> Event:
        """Delete one event."""
        return self._delete(f"/events/{event_id}", Event)

    def stream_events(
        self, workflow_id: WorkflowId, *, level: str = "info", last_event_id: int | None = None
    ) -> EventStream:
        """Open the event stream, from now on or from after the event with that id."""
        path = f"/workflows/{workflow_id}/events/stream"
        params = {"level": level, "last_event_id": last_event_id}
        return self._transport.stream(Request("GET", path, StreamedEvent, params))
