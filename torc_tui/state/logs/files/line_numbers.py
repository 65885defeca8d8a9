"""Numbers of lines in a file of any size, counted piecewise."""

from __future__ import annotations

from array import array

from torc_tui.state.logs.files.content import Content

BLOCK = 1 << 20
COUNTED = 256 << 20
"""Bytes. Lines behind them have no numbers: counting them would read too much of a shared disk."""


class LineNumbers:
    """Counts the lines of a file, block after block; what was counted stays, as a log only grows.

    Args:
        content: Where its bytes come from.
    """

    def __init__(self, content: Content) -> None:
        self._content = content
        self._before = array("Q", [0])
        """How many lines end before each block that is whole."""

    @property
    def is_complete(self) -> bool:
        """Whether all is counted that is going to be."""
        return len(self._before) * BLOCK > min(self._content.size, COUNTED)

    def count(self) -> None:
        """Count the lines of one more block, if it is whole."""
        if not self.is_complete:
            start = (len(self._before) - 1) * BLOCK
            ends = self._content.read(start, BLOCK).count(b"\n")
            self._before.append(self._before[-1] + ends)

    def number_of(self, start: int) -> int | None:
        """Return the number of the line at `start`, from 1; None if it is not counted so far."""
        block = start // BLOCK
        if block >= len(self._before):
            return None
        begin = block * BLOCK
        return self._before[block] + self._content.read(begin, start - begin).count(b"\n") + 1
