"""Reading a workflow's events in the order of commits, and updating them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select, update

from torc_core.model.events.event import Event, Severity, StreamedEvent
from torc_core.model.ids import EventId, WorkflowId
from torc_server.records import crud
from torc_server.records.resources import EVENT
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.mapping import STREAMED_EVENT

_event = tables.event.c

CHUNK = 1000
"""The most events that one read returns."""


def last_event_id(connection: Connection, workflow_id: WorkflowId) -> EventId:
    """Return the id of a workflow's newest event, 0 when there is none.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(connection, workflow_id)
    newest = select(func.coalesce(func.max(_event.id), 0)).where(_event.workflow_id == workflow_id)
    return EventId(connection.execute(newest).scalar_one())


def latest_event_timestamp(connection: Connection, workflow_id: WorkflowId) -> int:
    """Return when a workflow's newest event happened, in ms since 1970; 0 when there is none.

    Raises:
        NotFoundError: There is no such workflow.
    """
    newest = last_event_id(connection, workflow_id)
    moment = select(_event.timestamp).where(_event.id == newest)
    return connection.execute(moment).scalar_one_or_none() or 0


def events_after(
    connection: Connection,
    workflow_id: WorkflowId,
    event_id: EventId,
    level: Severity,
    most: int | None = None,
) -> tuple[list[tuple[EventId, StreamedEvent]], EventId]:
    """Return up to so many events newer than an id, of a level or above, each with its id.

    And the id to continue after: all events up to it were read, those of lower levels included.

    Raises:
        NotFoundError: The workflow was deleted.
    """
    most = CHUNK if most is None else most
    query = (
        STREAMED_EVENT.rows.add_columns(_event.id)
        .where(
            _event.workflow_id == workflow_id,
            _event.id > event_id,
            _event.severity >= level.rank,
        )
        .order_by(_event.id)
        .limit(most)
    )
    rows = connection.execute(query).all()
    newest = last_event_id(connection, workflow_id)
    seen = rows[-1].id if len(rows) == most else max(event_id, newest)
    return [(row.id, STREAMED_EVENT.read(row)) for row in rows], seen


def replace_event_data(connection: Connection, event_id: EventId, body: Any) -> Event:
    """Replace the data of an event and return the event; of a whole event its data is used.

    Raises:
        NotFoundError: There is none with that id.
    """
    is_event = isinstance(body, dict) and {"workflow_id", "timestamp", "data"} <= body.keys()
    data = body["data"] if is_event else body
    connection.execute(update(tables.event).where(_event.id == event_id).values(data=data))
    return crud.get(connection, EVENT, event_id)
