"""Reading a text file of any size by lines, a block at a time.

Positions are byte offsets of line starts, so that the end of a file of many gigabytes is as fast to
reach as its beginning. A line longer than `LONGEST` is shown in pieces of about that length: it is
cut near multiples of `LONGEST` in the file, so that the pieces are the same from both ends.
"""

from __future__ import annotations

import codecs
from typing import NamedTuple, Protocol

from torc_tui.state.logs.files import seams
from torc_tui.state.logs.files.content import Content

LONGEST = 8_192
"""Bytes of a line that are shown together."""


class LogLine(NamedTuple):
    """A line, or a piece of a very long one."""

    start: int
    end: int
    """Where the next line starts."""
    text: str
    """Decoded, without its line end."""
    is_rest: bool
    """A further piece of a line that began earlier."""


class Lines(Protocol):
    """What a viewer shows, line by line; each starts at an offset in the file.

    Methods may raise an OSError.
    """

    @property
    def size(self) -> int:
        """The length of the file, now."""
        ...

    def line(self, start: int) -> LogLine | None:
        """Return the line at `start`, or the next one behind it; None at the end."""
        ...

    def line_before(self, start: int) -> LogLine | None:
        """Return the line before `start`, or None at the beginning."""
        ...

    def line_start(self, offset: int) -> int:
        """Return the start of the line that `offset` is in."""
        ...


class LogFile:
    """The lines of a text.

    Args:
        content: Where its bytes come from.
    """

    def __init__(self, content: Content) -> None:
        self.content = content

    @property
    def size(self) -> int:
        """Its length in bytes, now."""
        return self.content.size

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; less at the end."""
        return self.content.read(start, length)

    def line(self, start: int) -> LogLine | None:
        """Return the line that starts at `start`, or None at the end of the file."""
        data = self.read(start, 2 * LONGEST)
        if not data:
            return None
        at = data.find(b"\n")
        length = at + 1 if at >= 0 else len(data)
        is_rest = start > 0 and self.read(start - 1, 1) != b"\n"
        if is_rest or length > LONGEST:
            first = (start // LONGEST + 1) * LONGEST
            seam_list = (self._seam(at) for at in range(first, start + length + 1, LONGEST))
            length = next((at - start for at in seam_list if at and at > start), length)
        return LogLine(start, start + length, _decode(data[:length]), is_rest)

    def line_before(self, start: int) -> LogLine | None:
        """Return the line that ends where `start` is, or None at the beginning."""
        if start <= 0:
            return None
        return self.line(self.line_start(start - 1))

    def line_start(self, offset: int) -> int:
        """Return the start of the line, or of the piece of a line, that `offset` is in."""
        low = max(0, offset - 2 * LONGEST)
        start = self._line_start(low, offset)
        if start is not None and not self._is_long(start):
            return start
        first = (offset + seams.BEFORE) // LONGEST * LONGEST
        seam_list = (self._seam(at) for at in range(first, start or low, -LONGEST))
        return next((at for at in seam_list if at and at <= offset), start or 0)

    def _line_start(self, low: int, offset: int) -> int | None:
        """Return the start of the line that `offset` is in, unless that is before `low`."""
        at = self.read(low, offset - low).rfind(b"\n")
        return low + at + 1 if at >= 0 or low == 0 else None

    def _is_long(self, start: int) -> bool:
        data = self.read(start, LONGEST + 1)
        return len(data) > LONGEST and b"\n" not in data

    def _seam(self, at: int) -> int | None:
        """Return where a line is cut near `at`, or None where it is not."""
        low = max(0, at - LONGEST)
        start = self._line_start(low, at)
        if start is not None and (at - start < LONGEST // 2 or not self._is_long(start)):
            return None
        data = self.read(low, at - low + seams.AFTER)
        return low + seams.seam_before(data, at - low) if len(data) > at - low else None


def _decode(data: bytes) -> str:
    """Return the text of a line; a character that is not whole yet, at the end, is left out."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return decoder.decode(data).rstrip("\r\n")
