"""Several logs as one file: lines in the order in which they come, each behind its name."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from torc_tui.state.logs.files.content import Content, Source

_BLOCK = 1 << 16
_BEGINNING = 4 << 20
"""Bytes of all logs together that are taken of what was written before."""
_LONGEST_LINE = 1 << 16
_QUIET_LOOKS = 3
"""A line that does not end is shown once it is so long, or as it is after so many looks."""
_MOVES = re.compile(rb"\x1b\[[0-9;?]*[A-HJKSTf]")
_TONES = (36, 33, 35, 32, 34, 31)
"""Colors that tell names apart, as codes for a terminal."""
_WIDEST_NAME = 24


class Part(NamedTuple):
    """One of the logs."""

    name: str
    """What stands before its lines; harmless."""
    source: Source


class _Follower:
    """Reads a log as it grows; it need not be there yet."""

    def __init__(self, part: Part, prefix: bytes) -> None:
        self._source = part.source
        self._prefix = prefix
        self._content: Content | None = None
        self._at = 0
        self._rest = b""
        self._seen = self._quiet = 0
        """Its length at the last look, and how often it was the same."""

    def look(self) -> int:
        """Return its length; what was truncated starts over."""
        if self._content is None:
            with contextlib.suppress(OSError):
                self._content = self._source.open()
        if self._content is None:
            return 0
        size = self._content.size
        if size < self._at:
            self._at, self._rest = 0, b""
        self._quiet = self._quiet + 1 if size == self._seen else 0
        self._seen = size
        return size

    def skip(self, room: int) -> None:
        """Leave out all but the end, from the beginning of a line on."""
        size = self.look()
        if self._content is None or size <= room:
            return
        before = self._content.read(size - room - 1, room)
        self._at = size - room + before.find(b"\n") if b"\n" in before else size - room

    @property
    def is_read(self) -> bool:
        """Whether all that is there was taken."""
        content = self._content
        if content is None:
            return True
        return content.is_complete and self._at >= content.size and not self._is_overdue

    @property
    def _is_overdue(self) -> bool:
        """Whether a line without an end is shown as it is."""
        return len(self._rest) > _LONGEST_LINE or (bool(self._rest) and self._quiet >= _QUIET_LOOKS)

    def take(self) -> bytes:
        """Return the next lines, each behind the name; nothing if none is whole."""
        if self._content is None:
            return b""
        if not self._content.is_complete:
            self._content.advance()
        block = self._content.read(self._at, _BLOCK)
        self._at += len(block)
        whole, end, self._rest = (self._rest + block).rpartition(b"\n")
        lines = whole.split(b"\n") if end else []
        if not block and self._is_overdue:
            lines, self._rest = [*lines, self._rest], b""
        return b"".join(self._prefix + _last_writing(line) + b"\n" for line in lines)

    def close(self) -> None:
        if self._content is not None:
            self._content.close()


class Merged:
    """The contents of several logs; what is taken of them is kept in a file without a name.

    Args:
        parts: The logs. Of what they hold already, the one written last comes last.

    Raises:
        OSError: There is no room for such a file.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        width = min(_WIDEST_NAME, max(len(part.name) for part in parts))
        self._followers = [
            _Follower(part, _prefix(part.name, width, _TONES[at % len(_TONES)]))
            for at, part in enumerate(parts)
        ]
        self._kept = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `close`
        self._size = 0
        for each in self._followers:
            each.skip(_BEGINNING // len(parts))

    @property
    def size(self) -> int:
        """How much was taken."""
        return self._size

    @property
    def is_complete(self) -> bool:
        """Whether all logs were read to their present ends."""
        return all(each.is_read for each in self._followers)

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; less at the end."""
        self._kept.seek(max(0, start))
        return self._kept.read(max(0, length)) or b""

    def advance(self) -> None:
        """Take a piece of each log that has grown."""
        for each in self._followers:
            if not each.is_read and (lines := each.take()):
                self._kept.seek(self._size)
                self._kept.write(lines)
                self._size += len(lines)

    def state(self) -> tuple[int, ...]:
        """Return how much was taken, and how long each log is."""
        return self._size, *(each.look() for each in self._followers)

    def close(self) -> None:
        """Close all of them."""
        for each in self._followers:
            each.close()
        self._kept.close()


class MergedSource(NamedTuple):
    """Several logs."""

    parts: tuple[Part, ...]

    @property
    def shown(self) -> str:
        """How many there are."""
        return f"{len(self.parts)} logs together"

    @property
    def path(self) -> None:
        """It is not a file."""

    def open(self) -> Content:
        """Open all that are there; the others when they are."""
        return Merged(sorted(self.parts, key=_written_at))

    def identity(self) -> tuple[int, ...]:
        """Nothing takes its place."""
        return (0,)


def _last_writing(line: bytes) -> bytes:
    """Return what a line says in the end; what is written over it would cover the name, too."""
    return _MOVES.sub(b"", line.rstrip(b"\r").rpartition(b"\r")[2])


def _written_at(part: Part) -> float:
    path = part.source.path
    if path is not None:
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return float("inf")


def _prefix(name: str, width: int, tone: int) -> bytes:
    shown = name if len(name) <= width else f"{name[: width - 1]}…"
    return f"\x1b[{tone}m{shown:<{width}} │\x1b[0m ".encode()
