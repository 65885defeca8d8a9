"""A grid of cells, some of them unknown."""

from __future__ import annotations

from torc_tui.driver.cells import Cell, Row, cells_of
from torc_tui.driver.style import Style, of_blank


class Grid:
    """Rows of cells of one size."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows: list[Row] = [[None] * columns for _ in range(rows)]

    def forget(self) -> None:
        """Know nothing any more."""
        self.rows = [[None] * self.columns for _ in self.rows]

    def resize(self, columns: int, rows: int) -> None:
        """Keep what fits."""
        kept = [row[:columns] + [None] * (columns - self.columns) for row in self.rows[:rows]]
        self.rows = kept + [[None] * columns for _ in range(rows - len(kept))]
        self.columns = columns
        for row in self.rows:
            if row and (last := row[-1]) and _is_cut(last):
                row[-1] = None

    def fill(self, cell: Cell) -> None:
        """Make all cells the same."""
        self.rows = [[cell] * self.columns for _ in self.rows]

    def scroll(self, top: int, bottom: int, lines: int, uncovered: Cell) -> None:
        """Move the rows of a region up, or down where `lines` is negative."""
        old = self.rows[top : bottom + 1]
        blank: list[Row] = [[uncovered] * self.columns for _ in range(abs(lines))]
        moved = old[lines:] + blank if lines > 0 else blank + old[:lines]
        self.rows[top : bottom + 1] = moved

    def write(self, y: int, x: int, text: str, style: Style) -> int:
        """Write text that does not wrap; return the column behind it."""
        row = self.rows[y]
        cells, before = cells_of(text, style)
        if before:
            _combine(row, x - 1, before)
        fitting = cells[: max(0, self.columns - x)]
        if fitting:
            end = x + len(fitting)
            mend(row, x, end)
            row[x:end] = fitting
        return x + len(cells)


def mend(row: Row, start: int, end: int) -> None:
    """Blank the other halves of wide characters that are cut by writing from start to end."""
    if 0 < start < len(row) and is_second(row[start]):
        row[start - 1] = _blank(row[start - 1])
    if end < len(row) and is_second(row[end]):
        row[end] = _blank(row[end])


def is_second(cell: Cell | None) -> bool:
    """Return whether this is the second half of a wide character."""
    return cell is not None and not cell[0]


def _is_cut(last: Cell) -> bool:
    cells, _ = cells_of(last[0], last[1])
    return len(cells) > 1


def _blank(cell: Cell | None) -> Cell | None:
    return None if cell is None else (" ", of_blank(cell[1]))


def _combine(row: Row, x: int, marks: str) -> None:
    if x >= 0 and is_second(row[min(x, len(row) - 1)]):
        x -= 1
    if 0 <= x < len(row) and (cell := row[x]) is not None:
        row[x] = (cell[0] + marks, cell[1])
