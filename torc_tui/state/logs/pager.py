"""What a viewer shows of a long file: a screenful of lines, and moving it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.text import Text

from torc_tui.state.logs.logfile import LogFile, LogLine
from torc_tui.state.logs.terminal_line import shown_text
from torc_tui.theme import QUIET

COUNTED_BYTES = 256 << 20
"""Up to this size lines are numbered; counting more takes too long."""
_JOINER = "\u200d"
_REST = "↳ "
"""Before a piece of a very long line, to distinguish it from a line."""


class Position(NamedTuple):
    """The start of a line, and which of its wrapped parts."""

    offset: int
    part: int


_START = Position(0, 0)


class ScreenLine(NamedTuple):
    """One line of the screen."""

    position: Position
    text: Text


@dataclass(frozen=True, slots=True)
class LogPage:
    """A screenful."""

    lines: list[ScreenLine]
    top: Position
    size: int
    """The length of the file in bytes when it was read."""
    number: int | None
    """The number of the first line; None where counting would take too long."""
    is_end: bool
    """The last line of the file is in sight."""
    found: bool = True
    """Whether a search had a match."""


@dataclass(slots=True)
class Pager:
    """The position in a file, and how lines are shown. Used by one thread at a time."""

    file: LogFile
    width: int = 80
    height: int = 24
    wrap: bool = False
    top: Position = _START

    def page(self, *, found: bool = True) -> LogPage:
        """Return the screenful at the present position."""
        lines: list[ScreenLine] = []
        at = self.top
        end = False
        while len(lines) < self.height:
            line = self.file.line(at.offset)
            if line is None:
                end = True
                break
            parts = enumerate(self._parts(line))
            shown = [ScreenLine(Position(line.start, number), part) for number, part in parts]
            lines += shown[at.part :]
            at = Position(line.end, 0)
        size = self.file.size
        number = self.file.line_number(self.top.offset) if size <= COUNTED_BYTES else None
        is_end = end or (at.offset >= size and len(lines) <= self.height)
        return LogPage(lines[: self.height], self.top, size, number, is_end, found)

    def move(self, lines: int) -> None:
        """Scroll down by so many lines of the screen, or up; not beyond the last screenful."""
        step = self._next if lines > 0 else self._previous
        for _ in range(abs(lines)):
            position = step(self.top)
            if position is None:
                break
            self.top = position
        if lines > 0:
            self.top = min(self.top, self._last_top())

    def move_top(self) -> None:
        """Go to the first line."""
        self.top = _START

    def move_bottom(self) -> None:
        """Go to the last screenful."""
        self.top = self._last_top()

    def search(
        self, needle: str, *, is_forward: bool, beyond: bool, is_current: Callable[[], bool]
    ) -> bool:
        """Go to the nearest line with `needle`; return whether there is one.

        Args:
            needle: What to look for, in either case.
            is_forward: The direction.
            beyond: Skip the present line, as for the next match.
            is_current: Called after each block; the search stops when it returns false.
        """
        line = self.file.line(self.top.offset)
        start = line.end if line and beyond and is_forward else self.top.offset
        for found in self.file.find(needle, start, is_forward=is_forward):
            if found is not None:
                self.top = Position(found, 0)
                return True
            if not is_current():
                break
        return False

    def _parts(self, line: LogLine) -> list[Text]:
        text = shown_text(line.text).copy()
        if line.is_rest:
            text = Text(_REST, QUIET, no_wrap=True, end="") + text
        if not self.wrap or text.cell_len <= self.width:
            return [text]
        return _chunks(text, self.width)

    def _next(self, position: Position) -> Position | None:
        line = self.file.line(position.offset)
        if line is None:
            return None
        if position.part + 1 < len(self._parts(line)):
            return Position(position.offset, position.part + 1)
        return Position(line.end, 0) if line.end < self.file.size else None

    def _previous(self, position: Position) -> Position | None:
        if position.part:
            return Position(position.offset, position.part - 1)
        line = self.file.line_before(position.offset)
        return None if line is None else Position(line.start, len(self._parts(line)) - 1)

    def _last_top(self) -> Position:
        position = Position(self.file.size, 0)
        for _ in range(self.height):
            before = self._previous(position)
            if before is None:
                break
            position = before
        return position


def _chunks(text: Text, width: int) -> list[Text]:
    """Cut a text into parts of at most `width` cells, before characters that take room."""
    cuts, filled, before = [], 0, ""
    for at, character in enumerate(text.plain):
        room = 0 if before == _JOINER else get_character_cell_size(character)
        if room and filled + room > width and filled:
            cuts.append(at)
            filled = 0
        filled += room
        before = character
    return list(text.divide(cuts))
