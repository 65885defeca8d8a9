"""The event stream of one workflow, as a client sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, Self

import msgspec

from torc_core.model.events.event import StreamedEvent

_DECODER = msgspec.json.Decoder(StreamedEvent)


class NumberedEvent(NamedTuple):
    """An event and its number, from which the stream can be resumed after a broken connection."""

    id: int | None
    """None from a server that does not number its events."""
    event: StreamedEvent


class ServerSentEvent(Protocol):
    """What an event stream is made of; `httpx_sse.ServerSentEvent` is one."""

    @property
    def id(self) -> str:
        """The id of this event or, without one, of the last that had one."""

    @property
    def data(self) -> str:
        """The payload."""


class EventSource(Protocol):
    """An open stream of server-sent events."""

    def __iter__(self) -> Iterator[ServerSentEvent]:
        """Yield events as they come, until the stream ends or is stopped."""

    def stop(self) -> None:
        """End the stream, from any thread; the one that waits for an event returns at once."""

    def close(self) -> None:
        """Close the connection; for the thread that reads."""


class EventStream:
    """Events as they are committed, oldest first.

    Iterating blocks until the next event; it ends when the server or `close` ends the stream.
    """

    def __init__(self, source: EventSource) -> None:
        self._source = source

    def __iter__(self) -> Iterator[NumberedEvent]:
        for sent in self._source:
            numbered = read_event(sent)
            if numbered is not None:
                yield numbered

    def close(self) -> None:
        """End the stream, from any thread."""
        self._source.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._source.stop()
        self._source.close()


def read_event(sent: ServerSentEvent) -> NumberedEvent | None:
    """Return the event that was sent, or None for something that is not an event of a workflow."""
    number = int(sent.id) if sent.id.isdecimal() else None
    try:
        return NumberedEvent(number, _DECODER.decode(sent.data))
    except (msgspec.MsgspecError, RecursionError):
        return None
