"""Where the terminal's cursor is and how it writes, and how to change that with few bytes."""

from __future__ import annotations

from torc_tui.driver.cells import Cell
from torc_tui.driver.style import PLAIN, Style, change, of_blank


class Pen:
    """The cursor; its place and its style may be unknown."""

    def __init__(self) -> None:
        self._y: int | None = None
        self._x: int | None = None
        self.style: Style | None = None
        self._has_scrolled = False

    def forget(self) -> None:
        """Know nothing of the cursor."""
        self._y = self._x = self.style = None

    def is_at(self, y: int, x: int) -> bool:
        """Return whether the cursor is known to be there."""
        return (self._y, self._x) == (y, x)

    def move(self, y: int, x: int) -> str:
        """Go to a cell."""
        moved = min(self._ways(y, x), key=len)
        self._y, self._x = y, x
        return moved

    def _ways(self, y: int, x: int) -> list[str]:
        if self.is_at(y, x):
            return [""]
        column = f";{x + 1}" if x else ""
        ways = [f"\x1b[{y + 1 if y else ''}{column}H"]
        if self._y is None:
            return ways
        if y == self._y:
            ways.append(f"\x1b[{x + 1 if x else ''}G")
            if self._x is not None:
                ways.append(_by(x - self._x, "C", "D"))
        if x == self._x:
            ways.append(_by(y - self._y, "B", "A"))
        if x == 0 and y - self._y in (0, 1):
            ways.append("\r\n" if y > self._y else "\r")
        return ways

    def dress(self, style: Style) -> str:
        """Write in a style from now on."""
        changed = change(self.style, style)
        self.style = style
        return changed

    def put(self, cell: Cell | None) -> str:
        """Write a cell's text; blanks in any style in which they look as in their own."""
        if cell is None:
            return ""
        text, style = cell
        return (self._dress_for_blank(style) if text == " " else self.dress(style)) + text

    def erase(self, cell: Cell | None, columns: int) -> str:
        """Erase so many cells, or with 0 the rest of the line, to blanks like this."""
        dressed = "" if cell is None else self._dress_for_blank(cell[1])
        return dressed + (f"\x1b[{columns}X" if columns else "\x1b[K")

    def _dress_for_blank(self, blank: Style) -> str:
        if self.style is not None and of_blank(self.style) == blank:
            return ""
        return self.dress(blank)

    def advance(self, columns: int, width: int) -> None:
        """Count what was written; at the right edge terminals differ where the cursor is."""
        if self._x is not None:
            self._x += columns
            if self._x >= width:
                self._x = None

    def lose_column(self) -> None:
        """Know no more than the row."""
        self._x = None

    def scroll(self, top: int, bottom: int, lines: int) -> str:
        """Move the lines of a region up, or down where `lines` is negative."""
        first = f"{top + 1 if top else ''}"
        data = f"{self.dress(PLAIN)}\x1b[{first};{bottom + 1}r\x1b[{first}H"
        data += f"\x1b[{abs(lines) if abs(lines) > 1 else ''}{'M' if lines > 0 else 'L'}\x1b[r"
        self._y, self._x = None, None
        self._has_scrolled = True
        return data

    def tidy(self) -> str:
        """Leave the terminal's style and margins as they were."""
        data = "" if self.style in (None, PLAIN) else self.dress(PLAIN)
        return data + ("\x1b[r" if self._has_scrolled else "")


def _by(distance: int, forth: str, back: str) -> str:
    steps = abs(distance)
    return f"\x1b[{steps if steps > 1 else ''}{forth if distance > 0 else back}"
