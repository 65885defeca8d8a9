"""The list of the events of a workflow."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from operator import attrgetter

from torc_core.model.event import Event
from torc_core.model.event_types import EVENT_SEVERITY
from torc_tui.lists.cells import ID, item_id, local_time
from torc_tui.lists.listing import Column, ListFilter, Listing, Query
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, SEVERITY_TONE, Cell

_NOT_DATA = {"type", "event_type", "category", "severity"}
"""Keys that say what an event is, and not what happened."""


def event_type(event: Event) -> str | None:
    """Return the type of a stored event; servers of the reference call it otherwise."""
    data = event.data if isinstance(event.data, dict) else {}
    found = data.get("type") or data.get("event_type") or data.get("category")
    return None if found is None else str(found)


def event_text(event: Event) -> str:
    """Return what an event says besides its type, as "name=value" or as JSON.

    Of flags it names those that are set.
    """
    if not isinstance(event.data, dict):
        return json.dumps(event.data, ensure_ascii=False)
    return "  ".join(
        name if value is True else f"{name}={value}"
        for name, value in event.data.items()
        if name not in _NOT_DATA and value is not None and value is not False
    )


def precise_time(timestamp_ms: int) -> str:
    """Return a moment (milliseconds since 1970) in local time, to the millisecond."""
    moment = datetime.fromtimestamp(timestamp_ms / 1000, UTC).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{timestamp_ms % 1000:03d}"


def _type_cell(event: Event) -> Cell:
    name = event_type(event) or "event"
    return Cell(clean(name), SEVERITY_TONE.get(EVENT_SEVERITY.get(name, ""), ""))


_TIME = Column(
    "Time",
    lambda event: precise_time(event.timestamp),
    lambda event: Cell(local_time(event.timestamp), QUIET),
    sort_by="id",
)
_TYPE = Column("Type", event_type, _type_cell, min_width=20, shrink_to=20)
_DATA = Column(
    "Data", attrgetter("data"), lambda event: Cell(clean(event_text(event))), max_width=400
)

EVENTS = Listing(
    name="Events",
    columns=(_TIME, _TYPE, _DATA),
    printed=(ID, _TIME, _TYPE, _DATA),
    page=lambda client, workflow_id, **query: client.list_events(workflow_id, **query),
    key=item_id,
    filters=(ListFilter("category", "Category", lambda event: event_type(event) or ""),),
    order=Query(sort_by="id", reverse=True),
)
