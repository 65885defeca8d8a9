"""What a viewer shows of a long file: a screenful of lines, and moving it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.text import Text

from torc_tui.state.logs.files.logfile import Lines, LogLine
from torc_tui.state.logs.terminal_line import shown_text
from torc_tui.theme import QUIET

_JOINER = "\u200d"
NOTED = "bold red"
MARKED = "bold yellow"
FOUND = "bold"
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
    is_end: bool
    """The last line of the file is in sight."""


class Marker(NamedTuple):
    """A line of the viewer's own behind a line of the file."""

    offset: int
    """The end of that line when the marker was set."""
    text: str


@dataclass(slots=True)
class Pager:
    """The position in a file, and how lines are shown. Used by one thread at a time."""

    lines: Lines
    width: int = 80
    height: int = 24
    wrap: bool = False
    has_colors: bool = True
    top: Position = _START
    markers: list[Marker] = field(default_factory=list)
    noted: int | None = None
    """The start of a line that is to be seen at once."""
    found: int | None = None
    """The start of the line to which a search went."""

    def page(self) -> LogPage:
        """Return the screenful at the present position."""
        lines: list[ScreenLine] = []
        at = self.top
        end = False
        while len(lines) < self.height:
            line = self.lines.line(at.offset)
            if line is None:
                end = True
                break
            parts = enumerate(self._parts(line))
            shown = [ScreenLine(Position(line.start, number), part) for number, part in parts]
            lines += shown[at.part :]
            at = Position(line.end, 0)
        is_end = end or (len(lines) <= self.height and self.lines.line(at.offset) is None)
        return LogPage(lines[: self.height], self.top, self.lines.size, is_end)

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

    def go_to(self, start: int, *, above: int = 0) -> None:
        """Go to the line at an offset, below so many lines of the screen."""
        self.top = Position(start, 0)
        if above:
            self.move(-above)

    def find_part(self, start: int, text: str) -> int:
        """Return in which of the wrapped parts of a line a text begins that it holds."""
        line = self.lines.line(start)
        parts = self._parts(line) if line is not None else []
        at = "".join(part.plain for part in parts).casefold().find(text.casefold())
        for number, part in enumerate(parts):
            if 0 <= at < len(part.plain):
                return number
            at -= len(part.plain)
        return 0

    def keep_full(self) -> None:
        """Go up if the screen could show more, as when lines are left out."""
        self.top = min(self.top, self._last_top())

    def _parts(self, line: LogLine) -> list[Text]:
        text = shown_text(line.text).copy()
        if not self.has_colors:
            text = Text(text.plain, no_wrap=True, end="")
        if line.start == self.noted:
            text.stylize(NOTED)
        elif line.start == self.found:
            text.stylize(FOUND)
        if line.is_rest:
            text = Text(_REST, QUIET, no_wrap=True, end="") + text
        is_short = not self.wrap or text.cell_len <= self.width
        parts = [text] if is_short else _chunks(text, self.width)
        return parts + [
            Text(marker.text, MARKED, no_wrap=True, end="")
            for marker in self.markers
            if line.start < marker.offset <= line.end
        ]

    def _next(self, position: Position) -> Position | None:
        line = self.lines.line(position.offset)
        if line is None:
            return None
        if position.part + 1 < len(self._parts(line)):
            return Position(position.offset, position.part + 1)
        return Position(line.end, 0) if line.end < self.lines.size else None

    def _previous(self, position: Position) -> Position | None:
        if position.part:
            return Position(position.offset, position.part - 1)
        line = self.lines.line_before(position.offset)
        return None if line is None else Position(line.start, len(self._parts(line)) - 1)

    def _last_top(self) -> Position:
        position = Position(self.lines.size, 0)
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
