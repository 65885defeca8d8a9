"""The stream of a workflow's events, and updates of events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Stream
from sqlalchemy import Connection

from torc_core.errors import NotFoundError
from torc_core.model.events.event import Event, Severity
from torc_core.model.ids import EventId, WorkflowId
from torc_core.units import MAX_INTEGER
from torc_server.controllers.event_feed import PIECE_BYTES, EventFeeds, News, first_piece, frame
from torc_server.edge.parameters import EventIdInPath, WorkflowIdInPath
from torc_server.records import events
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions

KEEP_ALIVE_S = 15
"""How often an idle stream sends a comment, so that no proxy cuts the connection."""
FEW = 4
"""How many events are read first for a client that is behind: they may be large."""
KEEP_ALIVE = b": keep-alive\n\n"

_LEVELS = {str(severity): severity for severity in Severity}


class EventController(Controller):
    """Events."""

    tags = ("events",)

    @put("/events/{event_id:int}", operation_id="update_event")
    async def update_event(
        self, writer: NamedDependency[Transactions], event_id: EventIdInPath, data: JSONBody[Any]
    ) -> Event:
        """Replace the data of an event."""
        return await writer.run(events.replace_event_data, event_id, data)

    @get(
        "/workflows/{workflow_id:int}/events/stream",
        operation_id="stream_events",
        media_type="text/event-stream",
    )
    async def stream_events(
        self,
        *,
        readers: NamedDependency[Readers],
        feeds: NamedDependency[EventFeeds],
        workflow_id: WorkflowIdInPath,
        level: FromQuery[str] = "info",
        last_event_id: Annotated[int | None, QueryParameter(ge=0, le=MAX_INTEGER)] = None,
        resume_after: Annotated[
            int | None, HeaderParameter(name="Last-Event-ID", ge=0, le=MAX_INTEGER)
        ] = None,
    ) -> Stream:
        """Stream events from now on, or after a known id; an unknown level means `info`."""
        after = resume_after if resume_after is not None else last_event_id
        now = await readers.run(events.last_event_id, workflow_id)
        frames = follow(
            readers,
            feeds,
            workflow_id,
            after=now if after is None else EventId(after),
            now=now,
            level=_LEVELS.get(level, Severity.INFO),
        )
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return Stream(frames, headers=headers)


async def follow(
    readers: Readers,
    feeds: EventFeeds,
    workflow_id: WorkflowId,
    *,
    after: EventId,
    now: EventId,
    level: Severity,
) -> AsyncIterator[bytes]:
    """Yield frames until the server stops or the workflow is deleted.

    A client that falls behind misses nothing: what the feed has no longer is read for it.

    Args:
        readers: Read what the feed does not have.
        feeds: The feeds.
        workflow_id: The workflow.
        after: The last event that the client has.
        now: The newest event of the workflow.
        level: The lowest level.
    """
    yield KEEP_ALIVE
    with feeds.joined(workflow_id, now) as feed:
        while True:
            is_last_look = feed.is_over
            if (news := feed.news(after, level)) is None:
                try:
                    news = await readers.run(_history, workflow_id, after, level)
                except NotFoundError:
                    return
            elif not news.frames and not is_last_look and not await feed.wait(KEEP_ALIVE_S):
                yield KEEP_ALIVE
            after = news.after
            if news.frames:
                yield news.frames
            elif is_last_look and after >= feed.last:
                return


def _history(
    connection: Connection, workflow_id: WorkflowId, after: EventId, level: Severity
) -> News:
    """Return what follows an event and is sent at once."""
    frames: list[tuple[EventId, bytes]] = []
    size, most = 0, FEW
    while True:
        found, after = events.events_after(connection, workflow_id, after, level, most)
        new = [(event_id, frame(event_id, event)) for event_id, event in found]
        frames += new
        size += sum(len(text) for _, text in new)
        if len(found) < most or size >= PIECE_BYTES:
            return first_piece(frames, after)
        most *= 2
