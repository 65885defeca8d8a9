"""One or a few lines of text of a fixed size."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from torc_tui.theme import Cell, tone_style
from torc_tui.widgets.row_lines import fitted


class Line(Widget):
    """Text that repaints only the lines that differ, and never moves what is around it.

    A line that is too long ends with "…".
    """

    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: list[list[Cell]] = []

    def show(self, *cells: Cell | str) -> None:
        """Show these pieces, one after the other; a piece that is a newline ends a line."""
        before, self._lines = self._lines, _lines(cells)
        for y in range(max(len(before), len(self._lines))):
            if _at(before, y) != _at(self._lines, y):
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        base, width = self.rich_style, self.size.width
        cells = _at(self._lines, y)
        return fitted([Segment(text, base + tone_style(tone)) for text, tone in cells], width, base)


def _lines(cells: Iterable[Cell | str]) -> list[list[Cell]]:
    lines: list[list[Cell]] = [[]]
    for each in cells:
        cell = each if isinstance(each, Cell) else Cell(each)
        if cell.text == "\n":
            lines.append([])
        else:
            lines[-1].append(cell)
    return lines


def _at(lines: list[list[Cell]], y: int) -> list[Cell]:
    return lines[y] if y < len(lines) else []
