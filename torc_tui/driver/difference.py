"""What to send so that a terminal shows what is wanted instead of what it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torc_tui.driver.cells import Cell, Row, has_uncertain, is_certain
from torc_tui.driver.grid import Grid, is_second
from torc_tui.driver.pen import Pen
from torc_tui.driver.scrolling import find_scroll
from torc_tui.driver.style import PLAIN, is_erasable, of_blank

_BRIDGE = 4
"""Cells that are the same, yet cheaper to write again than to go around."""
_ERASE_FROM = 9
"""Blanks that take more bytes than to erase them and to go to what follows."""
_ERASE_AT_END_FROM = 4


class Painter:
    """Writes the difference of two grids, and brings the second up to date.

    Args:
        wanted: What the terminal shall show.
        shown: What it shows.
        pen: Its cursor.
        erases_in_color: Whether it erases in the present background color.
    """

    def __init__(self, wanted: Grid, shown: Grid, pen: Pen, *, erases_in_color: bool) -> None:
        self._wanted = wanted
        self._shown = shown
        self._pen = pen
        self._erases_in_color = erases_in_color

    def clear(self) -> str:
        """Erase everything in the color that most of it has, if nothing is known of it."""
        if any(cell is not None for row in self._shown.rows for cell in row):
            return ""
        cells = [cell for row in self._wanted.rows for cell in row]
        if None in cells:
            return ""
        blanks = Counter(cell for cell in cells if cell is not None and self._is_erasable(cell))
        fill = blanks.most_common(1)[0][0] if blanks else (" ", PLAIN)
        self._shown.fill(fill)
        return self._pen.dress(fill[1]) + "\x1b[2J"

    def scroll(self) -> str:
        """Let the terminal move lines that moved, if that saves enough."""
        found = find_scroll(self._shown.rows, self._wanted.rows)
        if found is None:
            return ""
        self._shown.scroll(*found, (" ", PLAIN))
        return self._pen.scroll(*found)

    def row(self, y: int) -> str:
        """Write what differs in a row."""
        wanted, shown = self._wanted.rows[y], self._shown.rows[y]
        if wanted == shown:
            return ""
        if has_uncertain(wanted) or has_uncertain(shown):
            apart = [x for x, cell in enumerate(wanted) if cell is not None]
            data = "".join([self._write_apart(y, wanted, x) for x in apart])
        else:
            spans = differences(shown, wanted)
            data = "".join([self._write(y, wanted, start, end) for start, end in spans])
        shown[:] = [old if new is None else new for old, new in zip(shown, wanted, strict=True)]
        return data

    def _write(self, y: int, row: Row, start: int, end: int) -> str:
        """Write cells; erase where they are blank for long."""
        parts = []
        x = start
        while x < end:
            count = self._count_blanks(row, x, end)
            at_end = x + count == len(row)
            parts.append(self._pen.move(y, x))
            if count >= (_ERASE_AT_END_FROM if at_end else _ERASE_FROM):
                parts.append(self._pen.erase(row[x], 0 if at_end else count))
                x += count
                continue
            stop = x + max(count, 1)
            parts.extend([self._pen.put(cell) for cell in row[x:stop]])
            self._pen.advance(stop - x, len(row))
            x = stop
        return "".join(parts)

    def _write_apart(self, y: int, row: Row, start: int) -> str:
        """Write one cell so that the next ones are in place however wide the terminal takes it."""
        cell = row[start]
        if is_second(cell):
            return ""
        width = 2 if start + 1 < len(row) and is_second(row[start + 1]) else 1
        data = self._pen.move(y, start)
        if cell is None or is_certain(cell[0]):
            data += self._pen.put(cell)
            self._pen.advance(width, len(row))
            return data
        data += self._pen.put((" " * width, cell[1]))
        self._pen.advance(width, len(row))
        data += self._pen.move(y, start) + self._pen.put(cell)
        self._pen.lose_column()
        return data

    def _count_blanks(self, row: Row, start: int, end: int) -> int:
        cell = row[start]
        if cell is None or not self._is_erasable(cell):
            return 0
        x = start
        while x < end and row[x] == cell:
            x += 1
        return x - start

    def _is_erasable(self, cell: Cell) -> bool:
        return cell[0] == " " and is_erasable(cell[1], in_color=self._erases_in_color)


def differences(shown: Row, wanted: Row) -> Iterator[tuple[int, int]]:
    """Yield where a row differs, from and to, with wide characters whole and small gaps closed."""
    start = end = -1
    x = 0
    while x < len(wanted):
        stop = x + 1
        while stop < len(wanted) and (is_second(shown[stop]) or is_second(wanted[stop])):
            stop += 1
        if shown[x:stop] != wanted[x:stop] and None not in wanted[x:stop]:
            if start < 0:
                start = x
            elif x - end > _BRIDGE or not _is_bridge(wanted[end - 1 : x]):
                yield start, end
                start = x
            end = stop
        x = stop
    if start >= 0:
        yield start, end


def _is_bridge(cells: Row) -> bool:
    """Return whether cells can be written in the style of the first."""
    first, *gap = cells
    if first is None:
        return False
    style, blank = first[1], of_blank(first[1])
    return all(
        cell is not None and (cell[1] == style or (cell[0] == " " and cell[1] == blank))
        for cell in gap
    )
