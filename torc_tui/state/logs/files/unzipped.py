"""Reading a file that is compressed with gzip from anywhere, without unzipping it to a disk.

The state of the decompressor is kept at places that grow apart with the file: from the one before
a position, what lies between is unzipped again. Memory stays bounded whatever the file holds.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from typing import Any, NamedTuple

from torc_tui.state.logs.files.content import Content

_GZIP = 31
"""For zlib: a window of 32 KiB behind a header of gzip."""
_INPUT = 1 << 16
OUTPUT = 1 << 18
"""Bytes that are unzipped together, and kept together."""
_KEPT_BLOCKS = 32
_KEPT_PLACES = 64


class _Place(NamedTuple):
    """Where decompressing can begin, at the start of a block of output."""

    start: int
    consumed: int
    """Bytes of the file that the decompressor has taken."""
    rest: bytes
    """What it was given of them and has not used yet."""
    machine: Any


class Unzipped:
    """The contents of a compressed file; `size` grows while they become known.

    Args:
        content: The compressed file, which is closed with this.
        kept_places: The most places at which the state is kept.
    """

    def __init__(self, content: Content, kept_places: int = _KEPT_PLACES) -> None:
        self._content = content
        self._kept_places = kept_places
        self._places = [_Place(0, 0, b"", zlib.decompressobj(_GZIP))]
        self._apart = 1
        """Blocks from one place to the next."""
        self._stream = _Stream(content, self._places[0])
        self._reading = _Stream(content, self._places[0]), 0
        """Where the last block that was not at hand was read, and the number of the next one."""
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._size = 0
        self._seen: tuple[int, ...] = ()
        self._is_at_end = False
        self.advance()

    @property
    def size(self) -> int:
        """How much has been unzipped so far."""
        return self._size

    @property
    def is_complete(self) -> bool:
        """Whether the end of the file has been reached, and the file has not grown since."""
        return self._is_at_end and self._seen == self._content.state()

    def advance(self) -> None:
        """Unzip one more block, if the file has more."""
        state = self._content.state()
        if self._is_at_end:
            if state == self._seen:
                return
            self._begin_again()
        number = self._size // OUTPUT
        if number % self._apart == 0:
            self._keep(self._stream.place(self._size))
        data = self._stream.block()
        self._size += len(data)
        self._store(number, data)
        if len(data) < OUTPUT:
            self._is_at_end, self._seen = True, state

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes of what is known from `start`."""
        start = max(0, start)
        stop = min(start + max(0, length), self._size)
        if start >= stop:
            return b""
        first, last = start // OUTPUT, (stop - 1) // OUTPUT
        data = b"".join(self._block(number) for number in range(first, last + 1))
        return data[start - first * OUTPUT : stop - first * OUTPUT]

    def state(self) -> tuple[int, ...]:
        """Return what differs once more is known."""
        return (*self._content.state(), self._size)

    def close(self) -> None:
        """Close the file."""
        self._content.close()

    def _begin_again(self) -> None:
        """Go on where the last block, which was not whole, begins."""
        number = self._size // OUTPUT
        self._size = number * OUTPUT
        self._blocks.pop(number, None)
        place = self._places[-1]
        self._stream = _Stream(self._content, place)
        self._reading = _Stream(self._content, self._places[0]), 0
        for _ in range(place.start, self._size, OUTPUT):
            self._stream.block()
        self._is_at_end = False

    def _keep(self, place: _Place) -> None:
        if place.start <= self._places[-1].start:
            return
        self._places.append(place)
        if len(self._places) > self._kept_places:
            self._apart *= 2
            step = self._apart * OUTPUT
            self._places = [each for each in self._places if each.start % step == 0]

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            wanted = number * OUTPUT
            place = next(each for each in reversed(self._places) if each.start <= wanted)
            first = place.start // OUTPUT
            stream, after = self._reading
            if not first <= after <= number:
                stream, after = _Stream(self._content, place), first
            for at in range(after, number + 1):
                self._store(at, stream.block())
            self._reading = stream, number + 1
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _store(self, number: int, data: bytes) -> None:
        self._blocks[number] = data
        self._blocks.move_to_end(number)
        if len(self._blocks) > _KEPT_BLOCKS:
            self._blocks.popitem(last=False)


class _Stream:
    """Decompresses a file from a place on, block after block."""

    def __init__(self, content: Content, place: _Place) -> None:
        self._content = content
        self._consumed = place.consumed
        self._rest = place.rest
        self._machine = place.machine.copy()

    def place(self, start: int) -> _Place:
        """Return where it is, `start` bytes into the contents."""
        self._go_to_next_member()
        return _Place(start, self._consumed, self._rest, self._machine.copy())

    def block(self) -> bytes:
        """Return the next block; it is shorter at the end, and where the file is damaged."""
        parts: list[bytes] = []
        room = OUTPUT
        while room:
            self._go_to_next_member()
            if not self._rest:
                self._rest = self._content.read(self._consumed, _INPUT)
                self._consumed += len(self._rest)
            if not self._rest:
                break
            try:
                data = self._machine.decompress(self._rest, room)
            except zlib.error:
                break
            self._rest = self._machine.unconsumed_tail
            parts.append(data)
            room -= len(data)
        return b"".join(parts)

    def _go_to_next_member(self) -> None:
        """Begin the next compressed file, as several may follow each other."""
        if self._machine.eof:
            self._rest = self._machine.unused_data
            self._machine = zlib.decompressobj(_GZIP)
