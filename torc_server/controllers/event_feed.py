"""New events of a workflow, read once for all its streams.

A feed keeps the latest frames. A stream that follows closely takes them from here; one that begins
in the past, or whose client is slow, reads what it lacks from the database when its client takes
it. So a client that takes nothing costs nothing, and no queue grows for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from torc_core.errors import NotFoundError
from torc_core.model.events.event import Severity, StreamedEvent
from torc_core.model.ids import EventId, WorkflowId
from torc_server.peers import requester
from torc_server.records import events
from torc_server.storage.notify import Notifier
from torc_server.storage.readers import Readers

PACE_S = 0.05
"""How long to wait after sending before looking for more: a busy workflow changes many hundred
times a second, more than a user can watch. The first change after a pause is sent at once."""
PACE_PER_STREAM_S = 0.001
"""With many streams the pauses are longer, so that sending takes a tenth of the time or so."""
MOST_EVENTS = 2_000
"""How many a feed keeps."""
MOST_BYTES = 4 << 20
"""How many bytes of frames it keeps."""
PIECE_BYTES = 64 << 10
"""How many bytes of frames are sent at once: they are kept for a client that does not take them."""
_LONG_S = 3600.0
"""A wait that changes end."""

log = logging.getLogger(__name__)


class News(NamedTuple):
    """What a stream sends next."""

    frames: bytes
    after: EventId
    """All events up to this one were sent, or are of lower levels."""


class _Kept(NamedTuple):
    event_id: EventId
    level: Severity
    frame: bytes


class Feed:
    """The latest events of one workflow."""

    def __init__(self, workflow_id: WorkflowId, last: EventId) -> None:
        self.workflow_id = workflow_id
        self.is_over = False
        """Whether the workflow is gone, or the server stops, and nothing follows."""
        self.streams = 0
        self.last = last
        """All events up to this one were read."""
        self._first = last
        """Those after this one are kept."""
        self._kept: deque[_Kept] = deque()
        self._bytes = 0
        self._joined: dict[tuple[EventId, Severity], News] = {}
        """What was put together since the latest change: most streams are equally far."""
        self._changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def add(self, news: list[tuple[EventId, StreamedEvent]], last: EventId) -> None:
        """Keep events that were read, of all levels, and wake the streams."""
        for event_id, event in news:
            kept = _Kept(event_id, event.severity, frame(event_id, event))
            self._kept.append(kept)
            self._bytes += len(kept.frame)
        while len(self._kept) > MOST_EVENTS or self._bytes > MOST_BYTES:
            dropped = self._kept.popleft()
            self._first = dropped.event_id
            self._bytes -= len(dropped.frame)
        self.last = last
        if news:
            self._wake()

    def end(self) -> None:
        """Let the streams send what is kept, and end."""
        self.is_over = True
        self._wake()

    def news(self, after: EventId, level: Severity) -> News | None:
        """Return what follows an event; None if some of that is not kept any more."""
        if after < self._first:
            return None
        key = after, level
        if key not in self._joined:
            new = (
                (kept.event_id, kept.frame)
                for kept in self._kept
                if kept.event_id > after and kept.level.rank >= level.rank
            )
            self._joined[key] = first_piece(new, max(after, self.last))
        return self._joined[key]

    async def wait(self, timeout_s: float) -> bool:
        """Wait until there is something new, and return whether there is."""
        if self.is_over:
            return True
        return bool((await asyncio.wait([self._changed], timeout=timeout_s))[0])

    def _wake(self) -> None:
        self._joined.clear()
        self._changed.set_result(None)
        self._changed = asyncio.get_running_loop().create_future()


class EventFeeds:
    """The feeds of all workflows that have streams."""

    def __init__(self, readers: Readers, notifier: Notifier) -> None:
        self._readers = readers
        self._notifier = notifier
        self._feeds: dict[WorkflowId, Feed] = {}
        self._reading: dict[WorkflowId, asyncio.Task[None]] = {}
        self._streams = 0

    @property
    def pace_s(self) -> float:
        """How long to wait between two looks at a workflow."""
        return max(PACE_S, self._streams * PACE_PER_STREAM_S)

    @contextmanager
    def joined(self, workflow_id: WorkflowId, last: EventId) -> Iterator[Feed]:
        """Yield the feed of a workflow, made for its first stream.

        Args:
            workflow_id: The workflow.
            last: Its newest event, or an earlier one, from which a new feed begins.
        """
        feed = self._feeds.get(workflow_id)
        if feed is None or feed.is_over:
            feed = self._feeds[workflow_id] = Feed(workflow_id, last)
            self._reading[workflow_id] = asyncio.create_task(self._read(feed))
        feed.streams += 1
        self._streams += 1
        try:
            yield feed
        finally:
            self._streams -= 1
            feed.streams -= 1
            if not feed.streams and self._feeds.get(workflow_id) is feed:
                del self._feeds[workflow_id]
                self._reading.pop(workflow_id).cancel()

    async def _read(self, feed: Feed) -> None:
        requester.set("")  # it reads for all streams, not for the one that came first
        try:
            await self._read_on(feed)
        except NotFoundError:
            pass
        except Exception:  # clients connect again
            log.exception("the events of workflow %d cannot be read", feed.workflow_id)
        feed.end()

    async def _read_on(self, feed: Feed) -> None:
        """Read events until the server stops, or the workflow is deleted."""
        while True:
            version = self._notifier.version(feed.workflow_id)
            is_last_look = self._notifier.closed
            news, last = await self._readers.run(
                events.events_after, feed.workflow_id, feed.last, Severity.DEBUG
            )
            feed.add(news, last)
            if len(news) == events.CHUNK:
                continue
            if is_last_look:
                return
            if news and not self._notifier.closed:
                await asyncio.sleep(self.pace_s)
            else:
                await self._notifier.wait(feed.workflow_id, version, _LONG_S)


def first_piece(frames: Iterable[tuple[EventId, bytes]], last: EventId) -> News:
    """Return as many of the frames as are sent at once. Pure.

    Args:
        frames: Those of events, each with its id.
        last: What is sent with the last of them.
    """
    piece: list[bytes] = []
    size, sent = 0, last
    for event_id, text in frames:
        if piece and size + len(text) > PIECE_BYTES:
            return News(b"".join(piece), sent)
        piece.append(text)
        size, sent = size + len(text), event_id
    return News(b"".join(piece), last)


def frame(event_id: EventId, event: StreamedEvent) -> bytes:
    """Return an event as a frame of the stream: the reference's two lines, and the id."""
    data = msgspec.json.encode(event)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event_id, event.event_type.encode(), data)
