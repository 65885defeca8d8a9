"""One or a few lines of text of a fixed size."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from torc_tui.state.rows import Cell
from torc_tui.theme import tone_style


class Line(Widget):
    """A text that repaints what differs, from the first such character to the last."""

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
            changed = difference(_at(before, y), _at(self._lines, y))
            if changed:
                self.refresh(Region(changed.start, y, len(changed), 1))

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        base, width = self.rich_style, self.size.width
        cells = _at(self._lines, y)
        strip = Strip([Segment(text, base + tone_style(tone)) for text, tone in cells])
        return strip.crop_extend(0, width, base)


def difference(old: Iterable[Cell], new: Iterable[Cell]) -> range:
    """Return the columns from the first to the last in which two lines differ; may be empty."""
    before, after = _columns(old), _columns(new)
    length = max(len(before), len(after))
    before += [("", "")] * (length - len(before))
    after += [("", "")] * (length - len(after))
    differing = [at for at in range(length) if before[at] != after[at]]
    return range(differing[0], differing[-1] + 1) if differing else range(0)


def _columns(cells: Iterable[Cell]) -> list[tuple[str, str]]:
    """Return what stands in each column of the screen; a wide character fills two."""
    return [
        (character, tone)
        for text, tone in cells
        for character in text
        for _ in range(1 if character.isascii() else cell_len(character))
    ]


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
