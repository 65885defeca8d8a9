"""Where a text occurs in a file of any size: found piecewise, counted, and stepped through.

A file is scanned a block at a time, and of each block only is kept how many matching lines it has:
a gigabyte takes 64 KiB, whatever it holds. Blocks without any are never read again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from typing import Protocol

import re2

from torc_tui.state.logs.files.content import Content
from torc_tui.state.logs.files.logfile import LONGEST, Lines, LogLine

BLOCK = 1 << 18
"""Bytes that are searched together; another key waits for no more."""
_COLORS = r"(?:\x1b\[[0-?]*[ -/]*[@-~])*"
"""May stand between the characters of a match, as programs color parts of words."""
_ROOM_FOR_COLORS = 256
_KEPT_BLOCKS = 4
_LONGEST_NEEDLE = 200


class _Pattern(Protocol):
    def search(self, data: bytes, position: int) -> _Match | None: ...


class _Match(Protocol):
    def start(self) -> int: ...


class Needle:
    """What is looked for: a text, without regard to case; not a pattern.

    Args:
        text: Not empty; of a very long one the beginning counts.
    """

    def __init__(self, text: str) -> None:
        self.text = text[:_LONGEST_NEEDLE]
        self.overlap = len(self.text.encode()) + _ROOM_FOR_COLORS
        letters = _COLORS.join(map(re2.escape, self.text))
        self.pattern: _Pattern = re2.compile(f"(?i){letters}".encode("utf-8", "replace"))


class Matches:
    """The lines of a file that hold a text.

    A line belongs to the block in which its first match begins.

    Args:
        content: Where the bytes come from.
        lines: The lines that are meant.
        needle: What they hold.
        is_text: Lines end with newlines, unless they are very long.
    """

    def __init__(
        self, content: Content, lines: Lines, needle: Needle, *, is_text: bool = True
    ) -> None:
        self.needle = needle
        self._is_text = is_text
        self._content = content
        self._lines = lines
        self._counts = array("Q", [0])
        """How many lines there are before each block, and in the last place in all."""
        self._resumes = array("Q", [0])
        """Where the search of each block begins: behind the last line of those before."""
        self._last: array[int] = array("Q")
        """The lines behind the blocks that are whole."""
        self._scanned = 0
        self._kept: OrderedDict[int, array[int]] = OrderedDict()

    @property
    def total(self) -> int:
        """How many lines were found so far."""
        return self._counts[-1] + len(self._last)

    @property
    def scanned(self) -> int:
        """Up to where the file has been searched."""
        return self._scanned

    @property
    def is_complete(self) -> bool:
        """Whether all that there is has been searched."""
        return self._scanned >= self._content.size

    def scan(self) -> None:
        """Search one more block."""
        size = self._content.size
        block = len(self._counts) - 1
        end = (block + 1) * BLOCK
        found, resume = self._search(block, self._resumes[block])
        if size >= end + 2 * LONGEST:  # what is written now changes none of its lines
            self._counts.append(self._counts[-1] + len(found))
            self._resumes.append(max(resume, end))
            self._last = array("Q")
            self._scanned = end
        else:
            if size > end:
                found += self._search(block + 1, max(resume, end))[0]
            self._last = found
            self._scanned = size

    def seek(self, start: int, *, is_forward: bool) -> Iterator[int | None]:
        """Search for the nearest line, block by block.

        Args:
            start: Forward, the first byte at which its match may begin; backward, the first at
                which it may not.
            is_forward: The direction.

        Yields:
            None after each block without a match, so that the caller may stop; then the start of
            the line. Nothing more when there is none.
        """
        size = self._content.size
        if is_forward:
            for block in range(start // BLOCK, -(-size // BLOCK)):
                found = self._of_block(block)
                at = bisect_left(found, start)
                if at < len(found):
                    yield self._lines.line_start(found[at])
                    return
                yield None
        else:
            for block in range((min(start, size) - 1) // BLOCK, -1, -1):
                found = self._of_block(block)
                at = bisect_left(found, start)
                if at:
                    yield self._lines.line_start(found[at - 1])
                    return
                yield None

    def known(self, start: int, *, is_forward: bool) -> int | None:
        """Return the nearest line, in the same terms, in what was searched already."""
        last = len(self._counts) - 1
        block = min((start if is_forward else start - 1) // BLOCK, last)
        while 0 <= block <= last:
            found = self._last if block == last else self._of_block(block)
            at = bisect_left(found, start) - (not is_forward)
            if 0 <= at < len(found):
                return self._lines.line_start(found[at])
            if not is_forward:  # the next one that has any
                block = bisect_left(self._counts, self._counts[block]) - 1
            elif block == last:
                return None
            else:
                block = bisect_right(self._counts, self._counts[block + 1]) - 1
        return None

    def number_of(self, start: int) -> int | None:
        """Return which match the line at `start` is, from 1; None if that is not known yet."""
        line = self._lines.line(start)
        if line is None or line.start != start or self._scanned < line.end:
            return None
        last = len(self._counts) - 1
        for block in range(min(start // BLOCK, last), min((line.end - 1) // BLOCK, last) + 1):
            found = self._last if block == last else self._of_block(block)
            at = bisect_left(found, start)
            if at < len(found) and found[at] < line.end:
                return self._counts[block] + at + 1
        return None

    def holds(self, line: LogLine) -> bool:
        """Return whether a line holds the text."""
        data = self._content.read(line.start, line.end - line.start)
        return self.needle.pattern.search(data, 0) is not None

    def _of_block(self, block: int) -> array[int]:
        """Return where the first matches of the lines of a block begin."""
        last = len(self._counts) - 1
        if block >= last:
            if block == last and self.is_complete:
                return self._last
            return self._search(block, self._resumes[last] if block == last else block * BLOCK)[0]
        if self._counts[block] == self._counts[block + 1]:
            return array("Q")
        if block not in self._kept:
            self._kept[block], _ = self._search(block, self._resumes[block])
            if len(self._kept) > _KEPT_BLOCKS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(block)
        return self._kept[block]

    def _search(self, block: int, resume: int) -> tuple[array[int], int]:
        """Return where the first match of each line in a block begins, and the last line's end."""
        begin = block * BLOCK
        data = self._content.read(begin, BLOCK + self.needle.overlap)
        found = array("Q")
        position = max(0, resume - begin)
        while position < BLOCK and (match := self.needle.pattern.search(data, position)):
            at = match.start()
            if at >= BLOCK:
                break
            found.append(begin + at)
            position = self._end_of_short_line(data, at, begin)
            if not position:
                position = self._end_of_line(begin + at) - begin
            resume = begin + position
        return found, resume

    def _end_of_short_line(self, data: bytes, at: int, begin: int) -> int:
        """Return where the line at `at` ends if that is seen at once, else 0."""
        near = LONGEST // 2
        is_near = data.rfind(b"\n", max(0, at - near), at) >= 0 or begin + at < near
        return data.find(b"\n", at, at + near) + 1 if is_near and self._is_text else 0

    def _end_of_line(self, offset: int) -> int:
        line = self._lines.line(self._lines.line_start(offset))
        return max(offset + 1, line.end if line else 0)


class MatchingLines:
    """The lines of a file that hold a text, in the part that has been searched.

    Args:
        lines: All lines.
        matches: Which of them.
    """

    def __init__(self, lines: Lines, matches: Matches) -> None:
        self._lines = lines
        self.matches = matches

    @property
    def size(self) -> int:
        """The length of the file, now."""
        return self._lines.size

    def line(self, start: int) -> LogLine | None:
        """Return the next matching line at `start` or behind it; None if there is none."""
        found = self.matches.known(start, is_forward=True)
        return None if found is None else self._lines.line(found)

    def line_before(self, start: int) -> LogLine | None:
        """Return the last matching line before `start`, or None."""
        found = self.matches.known(start, is_forward=False)
        return None if found is None else self._lines.line(found)

    def line_start(self, offset: int) -> int:
        """Return the start of the line that `offset` is in, matching or not."""
        return self._lines.line_start(offset)
