"""The stream of a workflow's events, and updates of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Stream

from torc_core.errors import NotFoundError
from torc_core.model.events.event import Event, Severity, StreamedEvent
from torc_core.model.ids import EventId, WorkflowId
from torc_core.units import MAX_INTEGER
from torc_server.edge.parameters import EventIdInPath, WorkflowIdInPath
from torc_server.records import events
from torc_server.storage.notify import Notifier
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer

KEEP_ALIVE_S = 15
"""How often an idle stream sends a comment, so that no proxy cuts the connection."""
PACE_S = 0.05
"""How long a stream waits after sending before it looks for more: a busy workflow changes many
hundred times a second, more than a user can watch. The first change after a pause is sent at
once."""
KEEP_ALIVE = b": keep-alive\n\n"

_LEVELS = {str(severity): severity for severity in Severity}


class EventController(Controller):
    """Events."""

    tags = ("events",)

    @put("/events/{event_id:int}", operation_id="update_event")
    async def update_event(
        self, writer: NamedDependency[Writer], event_id: EventIdInPath, data: JSONBody[Any]
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
        notifier: NamedDependency[Notifier],
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
            notifier,
            workflow_id,
            after=now if after is None else EventId(after),
            level=_LEVELS.get(level, Severity.INFO),
        )
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return Stream(frames, headers=headers)


async def follow(
    readers: Readers,
    notifier: Notifier,
    workflow_id: WorkflowId,
    *,
    after: EventId,
    level: Severity,
) -> AsyncIterator[bytes]:
    """Yield frames until the server stops or the workflow is deleted.

    A client that falls behind misses nothing: the next read waits until it has taken the last one.
    """
    yield KEEP_ALIVE
    while True:
        version, is_last_look = notifier.version(workflow_id), notifier.closed
        try:
            news, after = await readers.run(events.events_after, workflow_id, after, level)
        except NotFoundError:
            return
        if news:
            yield b"".join(frame(event_id, event) for event_id, event in news)
        if len(news) == events.CHUNK:
            continue
        if is_last_look:
            return
        if news and not notifier.closed:
            await asyncio.sleep(PACE_S)
        elif (
            await notifier.wait(workflow_id, version, KEEP_ALIVE_S) == version
            and not notifier.closed
        ):
            yield KEEP_ALIVE


def frame(event_id: EventId, event: StreamedEvent) -> bytes:
    """Return an event as a frame of the stream: the reference's two lines, and the id."""
    data = msgspec.json.encode(event)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event_id, event.event_type.encode(), data)
