"""The list of the events of a workflow."""

from __future__ import annotations

from operator import attrgetter

from torc_core.model.events.event import Event
from torc_core.model.events.text import describe, event_type_of
from torc_core.model.events.types import EVENT_SEVERITY
from torc_tui.lists.cells import ID, item_id, local_time, utc_moment
from torc_tui.lists.listing import Column, ListFilter, Listing, Query
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, SEVERITY_TONE, Cell


def _type_cell(event: Event) -> Cell:
    name = event_type_of(event)
    return Cell(clean(name), SEVERITY_TONE.get(EVENT_SEVERITY.get(name, ""), ""))


_TIME = Column(
    "Time",
    lambda event: utc_moment(event.timestamp),
    lambda event: Cell(local_time(event.timestamp), QUIET),
    sort_by="id",
)
_TYPE = Column("Type", event_type_of, _type_cell, min_width=20, shrink_to=20)
_DATA = Column(
    "Event",
    attrgetter("data"),
    lambda event: Cell(clean(describe(event))),
    heading="DATA",
    max_width=400,
)

EVENTS = Listing(
    name="Events",
    columns=(_TIME, _TYPE, _DATA),
    printed=(ID, _TIME, _TYPE, _DATA),
    page=lambda client, workflow_id, **query: client.list_events(workflow_id, **query),
    key=item_id,
    filters=(ListFilter("category", "Category", event_type_of),),
    order=Query(sort_by="id", reverse=True),
)
