"""Whether what is seen on a terminal is still in its boxes and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tui.emulator import Seen

Cells = Sequence[Sequence[Seen]]
_FOOTER = 3
"""Rows below a list that no box surrounds, at the most."""
_RIGHT = frozenset("╮│▁▂▃▄▅▆▇█")
"""The right edge of a box: its line, or a scroll bar in its place."""


class Box(NamedTuple):
    """Where a box is, its edges included."""

    top: int
    bottom: int
    left: int
    right: int

    def covers(self, y: int, x: int) -> bool:
        return self.top <= y <= self.bottom and self.left <= x <= self.right


def torn_boxes(cells: Cells) -> list[str]:
    """Return the rows in which an edge of a box is neither where its corners are, nor covered."""
    boxes = list(_boxes(cells))
    return [
        f"row {y}: {''.join(each.text for each in cells[y])}"
        for box in boxes
        for y in range(box.top, box.bottom)
        for x, edges in ((box.left, "╭│"), (box.right, _RIGHT))
        if cells[y][x].text not in edges
        and not any(other.covers(y, x) for other in boxes if other != box)
    ]


def torn_columns(cells: Cells, *titles: str) -> list[str]:
    """Return the rows in which the gap before one of these columns is not blank."""
    found = []
    for title in titles:
        top, x = _place_of(cells, title)
        for y in range(top + 1, len(cells) - _FOOTER):
            if cells[y][x].text in "╰─":
                break
            if cells[y][x - 1].text.strip() or cells[y][x - 2].text.strip():
                found.append(f"row {y} at {title}: {''.join(each.text for each in cells[y])}")
    return found


def _boxes(cells: Cells) -> Iterator[Box]:
    """Yield the boxes that have their upper left corner."""
    for y, row in enumerate(cells):
        for x, cell in enumerate(row):
            if cell.text == "╭":
                below = (at for at in range(y, len(cells)) if cells[at][x].text in "╰├")
                beside = (at for at in range(x, len(row)) if row[at].text == "╮")
                yield Box(y, next(below, len(cells) - 1), x, next(beside, len(row) - 1))


def _place_of(cells: Cells, title: str) -> tuple[int, int]:
    """Return where a heading is."""
    for y, row in enumerate(cells):
        for x in range(2, len(row) - len(title)):
            if [each.text for each in row[x : x + len(title)]] == list(title) and (
                row[x - 1].text == row[x - 2].text == " "
            ):
                return y, x
    raise AssertionError(f"there is no column {title}")
