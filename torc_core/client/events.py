"""The event stream of one workflow, as a client sees it."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from torc_core.client.stream import EventSource
from torc_core.model.event import StreamedEvent

_DECODER = msgspec.json.Decoder(StreamedEvent)


class NumberedEvent(NamedTuple):
    """An event and its number, to go on from after a broken connection."""

    id: int | None
    """None from a server that does not number its events."""
    event: StreamedEvent


class EventStream:
    """Events as they are committed, oldest first.

    Iterating blocks until the next event; it ends when the server or `close` ends the stream.
    """

    def __init__(self, source: EventSource) -> None:
        self._source = source

    def __iter__(self) -> Iterator[NumberedEvent]:
        while frame := self._source.lines():
            numbered = parse_frame(frame)
            if numbered is not None:
                yield numbered

    def close(self) -> None:
        """End the stream, from any thread."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def parse_frame(lines: list[str]) -> NumberedEvent | None:
    """Return the event of one frame, or None for a frame that is not an event of a workflow."""
    number: int | None = None
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id" and value.isdecimal():
            number = int(value)
        elif name == "data":
            data.append(value)
    try:
        return NumberedEvent(number, _DECODER.decode("\n".join(data)))
    except msgspec.MsgspecError:
        return None
