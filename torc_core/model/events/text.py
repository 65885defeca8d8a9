"""What an event is called and how it reads, whichever program recorded it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from torc_core.decoders import convert
from torc_core.model.events.event import Event, StreamedEvent
from torc_core.model.events.record import EventRecord
from torc_core.model.events.types import RECORDS_BY_KEY, USER_EVENT
from torc_core.model.ids import WorkflowId


def event_type_of(event: Event | StreamedEvent) -> str:
    """Return the type of an event.

    In lists only the data says it: as `type` when a client recorded it, as `event_type` when the
    server did, and with the reference's server as `category`.
    """
    if isinstance(event, StreamedEvent):
        return event.event_type
    data = event.data if isinstance(event.data, dict) else {}
    return str(data.get("type") or data.get("event_type") or data.get("category") or USER_EVENT)


def to_event(workflow_id: WorkflowId, record: EventRecord) -> Event:
    """Return an event for a server that does not record this one itself."""
    data = {"type": str(record.event_type), **msgspec.to_builtins(record)}
    return Event(workflow_id=workflow_id, timestamp=0, data=data)


def describe(event: Event | StreamedEvent, nodes: Mapping[int, str] | None = None) -> str:
    """Return what happened: a sentence, or for events of clients the data as "name=value".

    Args:
        event: The event.
        nodes: Names of nodes by their ids, as far as they are known.
    """
    data = event.data
    if not isinstance(data, dict):
        return json.dumps(data, ensure_ascii=False)
    action = data.get("action")
    record = RECORDS_BY_KEY.get((event_type_of(event), action if isinstance(action, str) else None))
    if record is not None:
        try:
            return convert(data, record).said(nodes or {})
        except msgspec.ValidationError:
            pass  # a client used a type of the server's for data of its own
    return "  ".join(
        name if value is True else f"{name}={value}"
        for name, value in data.items()
        if name not in _KNOWN_OTHERWISE and value is not None and value is not False
    )


_KNOWN_OTHERWISE = frozenset({"type", "event_type", "category", "severity"})
