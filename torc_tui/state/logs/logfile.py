"""Reading a text file of any size by lines, a block at a time.

Positions are byte offsets of line starts, so that the end of a file of many gigabytes is as fast to
reach as its beginning. A line longer than `LONGEST` is shown in pieces of about that length: it is
cut near multiples of `LONGEST` in the file, so that the pieces are the same from both ends.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from torc_tui.state.logs import seams

LONGEST = 8_192
"""Bytes of a line that are shown together."""
BLOCK = 1 << 20
"""Bytes read together when searching and counting."""


class LogLine(NamedTuple):
    """A line, or a piece of a very long one."""

    start: int
    end: int
    """Where the next line starts."""
    text: str
    """Decoded, without its line end."""
    is_rest: bool
    """A further piece of a line that began earlier."""


class LogFile:
    """An open file that another process may still be writing.

    It is read with `pread` and never mapped: truncating a mapped file kills the reader.

    Raises:
        OSError: The file cannot be opened or read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._newlines: list[int] = [0]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    @property
    def size(self) -> int:
        """Its length in bytes, now."""
        return os.fstat(self._descriptor).st_size

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; less at the end."""
        return os.pread(self._descriptor, max(0, length), max(0, start))

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

    def find(self, needle: str, start: int, *, is_forward: bool) -> Iterator[int | None]:
        """Search without regard to case, one block at a time.

        Args:
            needle: What to look for; not a pattern, not empty.
            start: Forward, the first byte that a match may begin at; backward, the first that it
                may not.
            is_forward: The direction.

        Yields:
            None after each block without a match, so that the caller may stop; then the start of
            the line of the nearest match. Nothing more when there is none.
        """
        pattern = re.compile(re.escape(needle.encode()), re.IGNORECASE)
        overlap = len(needle.encode()) - 1
        size = self.size
        begin = start if is_forward else max(0, start - BLOCK)
        while (begin < size) if is_forward else (start > 0):
            stop = begin + BLOCK if is_forward else start
            data = self.read(begin, stop - begin + overlap)
            hits = [each.start() for each in pattern.finditer(data)]
            if hits:
                yield self.line_start(begin + (hits[0] if is_forward else hits[-1]))
                return
            yield None
            if is_forward:
                begin = stop
            else:
                start, begin = begin, max(0, begin - BLOCK)

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

    def line_number(self, start: int) -> int:
        """Return the number of the line at `start`, from 1.

        Blocks that were counted once are not read again, as a log only grows.
        """
        whole = start // BLOCK
        while len(self._newlines) <= whole:
            at = len(self._newlines) - 1
            self._newlines.append(self._newlines[-1] + self.read(at * BLOCK, BLOCK).count(b"\n"))
        rest = self.read(whole * BLOCK, start - whole * BLOCK).count(b"\n")
        return self._newlines[whole] + rest + 1


def _decode(data: bytes) -> str:
    """Return the text of a line; a character that is not whole yet, at the end, is left out."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return decoder.decode(data).rstrip("\r\n")
