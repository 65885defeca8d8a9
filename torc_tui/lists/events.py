"""The list of the events of a workflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import msgspec

from torc_core.client import TorcClient
from torc_core.model.events.event import Event
from torc_core.model.events.text import describe, event_type_of
from torc_core.model.events.types import EVENT_SEVERITY
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_tui.lists.attempts.columns import NODE_NAMES
from torc_tui.lists.attempts.names import Names
from torc_tui.lists.cells import ID, item_id, local_time, utc_moment
from torc_tui.lists.listing import Column, ListFilter, Listing, Query, text_filter
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
_NODE_IDS = ("compute_node_id", "previous_node_id")

_DAY = timedelta(days=1)


def after_text(moment: float) -> str:
    """Return a moment in seconds since 1970 as the filter reads it, in local time."""
    then = datetime.fromtimestamp(moment).astimezone()
    is_this_year = then.year == datetime.now().astimezone().year
    day = f"{then:%m-%d}" if is_this_year else f"{then:%Y-%m-%d}"
    return f"{day} {then:%H:%M:%S}.{then.microsecond // 1000:03}"


def _milliseconds(text: str) -> int:
    """Return a local moment as milliseconds since 1970; what lacks a year or a day is past."""
    now = datetime.now().astimezone()
    day, _, clock = text.strip().rpartition(" ")
    try:
        if not day:
            found = datetime.fromisoformat(f"{now:%Y-%m-%d} {clock}").astimezone()
            found -= _DAY * (found > now)
        elif day.count("-") == 1:
            found = datetime.fromisoformat(f"{now.year}-{day} {clock}").astimezone()
            if found > now + _DAY:  # the clock of a server may be ahead
                found = found.replace(year=now.year - 1)
        else:
            found = datetime.fromisoformat(f"{day} {clock}").astimezone()
        return round(found.timestamp() * 1000)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("write it like 14:30, 12-01 14:30 or 2026-12-01 14:30:05") from error


AFTER = ListFilter(
    "after_timestamp",
    "After",
    lambda event: after_text(event.timestamp / 1000),
    _milliseconds,
)


def events_listing(names: Names) -> Listing:
    """Return the list; it asks for names of nodes that it needs and does not know.

    Args:
        names: Those that are known.
    """

    def page(
        client: TorcClient, workflow_id: WorkflowId, *, node_names: bool = False, **query: Any
    ) -> Page[Event]:
        found = client.list_events(workflow_id, **query)
        if node_names:
            names.learn_nodes_of(client, workflow_id, _nodes_of(found.items))
        return found

    data = Column(
        "Event",
        attrgetter("data"),
        lambda event: Cell(clean(describe(event, names.nodes))),
        heading="DATA",
        max_width=400,
        asks=NODE_NAMES,
    )
    return Listing(
        name="Events",
        columns=(_TIME, _TYPE, data),
        printed=(ID, _TIME, _TYPE, data),
        page=page,
        key=item_id,
        filters=(
            text_filter("category", "Type", event_type_of),
            text_filter("text", "Data", lambda event: msgspec.json.encode(event.data).decode()),
            AFTER,
        ),
        order=Query(sort_by="id", reverse=True),
    )


def _nodes_of(events: Iterable[Event]) -> Iterator[int]:
    for event in events:
        data = event.data if isinstance(event.data, dict) else {}
        yield from (found for name in _NODE_IDS if isinstance(found := data.get(name), int))


EVENTS = events_listing(Names())
