"""What the interface painted, what the terminal shows, and the way from one to the other."""

from __future__ import annotations

from torc_tui.driver.difference import Painter
from torc_tui.driver.grid import Grid
from torc_tui.driver.pen import Pen
from torc_tui.driver.sequences import Kind, pieces
from torc_tui.driver.style import PLAIN, UnknownStyleError, after

_SYNCHRONIZED_FROM = 256
"""Characters: what is shorter arrives at once, and need not say that it belongs together."""
_MANY_ROWS = 4
"""So many have to be painted before it is worth looking for what moved."""
_ERASE = "\x1b[H\x1b[2J"
"""Before the alternate screen is left: tmux, once its window has grown, puts rows of it above those
of the shell."""


class Screen:
    """Takes in what is written for a terminal and gives out what has to be sent instead.

    Args:
        columns: Width of the terminal.
        rows: Its height.
        erases_in_color: Whether it erases in the present background color (terminfo `bce`).
    """

    def __init__(self, columns: int, rows: int, *, erases_in_color: bool = False) -> None:
        self._wanted = Grid(columns, rows)
        self._shown = Grid(columns, rows)
        self._pen = Pen()
        self._painter = Painter(
            self._wanted, self._shown, self._pen, erases_in_color=erases_in_color
        )
        self._y, self._x, self._style = 0, 0, PLAIN
        self._beside: list[str] = []
        self._frame = 0
        self._touched: dict[int, int] = {}
        """The frame that last painted each row that may differ."""
        self._is_entered = False
        self._is_synchronized = False
        self._is_place_known = self._is_style_known = True

    @property
    def has_news(self) -> bool:
        """Whether something may have to be sent."""
        return bool(self._beside) or (self._is_entered and self._differs)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._wanted.columns, len(self._wanted.rows)

    @property
    def _differs(self) -> bool:
        return bool(self._touched) or not (self._is_lost or self._pen.is_at(*self._place))

    @property
    def _place(self) -> tuple[int, int]:
        """Where the cursor shall be; terminals keep it on the screen."""
        return (
            min(self._y, len(self._wanted.rows) - 1),
            min(self._x, self._wanted.columns - 1),
        )

    @property
    def _is_lost(self) -> bool:
        return not (self._is_place_known and self._is_style_known)

    def resize(self, columns: int, rows: int) -> None:
        """Take over another size; terminals rearrange what they show when it changes."""
        if self.size == (columns, rows):
            return
        self._wanted.resize(columns, rows)
        self._shown.resize(columns, rows)
        self._forget_shown()

    def repaint(self) -> None:
        """Count on nothing that the terminal shows."""
        self._forget_shown()

    def write(self, data: str) -> None:
        """Take in what was written for the terminal."""
        self._frame += 1
        for kind, said, raw in pieces(data):
            if kind is Kind.SYNCHRONIZED:
                self._is_synchronized = True
            elif kind is Kind.BESIDE:
                self._beside.append(raw)
            elif kind in (Kind.ENTER, Kind.LEAVE):
                self._switch(kind, raw)
            elif self._is_lost or not self._understand(kind, said):
                self._pass(kind, said, raw)

    def take(self, budget: int | None = None) -> str:
        """Return what to send next, and count it as shown.

        Args:
            budget: How many bytes of cells to send at most, about; all without one.
        """
        beside, self._beside = "".join(self._beside), []
        if not self._is_entered or self._is_lost or (budget is not None and budget <= 0):
            return beside
        data = self._take_cells(budget)
        if not self._touched:
            data += self._pen.move(*self._place)
        if self._is_synchronized and len(data) >= _SYNCHRONIZED_FROM:
            data = f"\x1b[?2026h{data}\x1b[?2026l"
        return beside + data

    def _take_cells(self, budget: int | None) -> str:
        data = ""
        if len(self._touched) >= _MANY_ROWS:
            data = self._painter.clear() or self._painter.scroll()
            if data:
                self._touched = dict.fromkeys(range(len(self._wanted.rows)), 0) | self._touched
        parts = [data]
        size = len(data)
        # What was painted last may be the answer to a key.
        for y in sorted(self._touched, key=lambda y: (-self._touched[y], y)):
            if budget is not None and size >= budget:
                break
            parts.append(self._painter.row(y))
            size += len(parts[-1])
            del self._touched[y]
        return "".join(parts)

    def _understand(self, kind: Kind, said: str) -> bool:
        """Do what a piece says; return whether that is known."""
        match kind:
            case Kind.TEXT:
                if self._y < len(self._wanted.rows):
                    self._x = self._wanted.write(self._y, self._x, said, self._style)
                    self._touched[self._y] = self._frame
            case Kind.STYLE:
                try:
                    self._style = after(self._style, said)
                except UnknownStyleError:
                    return False
            case Kind.LINK:
                self._style = self._style._replace(link="" if said == ";" else said)
            case Kind.MOVE if (place := _place_of(said)) is not None:
                self._y, self._x = place
            case Kind.RETURN:
                self._x = 0
            case Kind.NEWLINE if self._y < len(self._wanted.rows) - 1:
                self._y, self._x = self._y + 1, 0
            case _:
                return False
        return True

    def _pass(self, kind: Kind, said: str, raw: str) -> None:
        """Send as it is what may change anything, after all before it; then know nothing.

        What follows is passed as well, until it says in which style it writes, and where.
        """
        if not self._is_lost:
            before = self.take()
            here = self._pen.move(*self._place) + self._pen.dress(self._style)
            self._beside.append(before + (here if self._is_entered else ""))
            self._wanted.forget()
            self._shown.forget()
            self._touched.clear()
            self._pen.forget()
            self._is_place_known = self._is_style_known = False
        self._beside.append(raw)
        if kind is Kind.STYLE and said.partition(";")[0] in ("", "0"):
            self._is_style_known = self._understand(kind, said)
        elif kind is Kind.MOVE:
            self._is_place_known = self._understand(kind, said)
        else:
            self._is_place_known = False

    def _switch(self, kind: Kind, raw: str) -> None:
        """Enter the alternate screen, where everything has to be painted again, or leave it."""
        leaving = self._is_entered and kind is Kind.LEAVE
        tidied = self._pen.tidy() if self._is_entered else ""
        self._is_entered = kind is Kind.ENTER
        self._beside.append(tidied + (_ERASE if leaving else "") + raw)
        self._forget_shown()

    def _forget_shown(self) -> None:
        self._shown.forget()
        self._pen.forget()
        self._touched = dict.fromkeys(range(len(self._wanted.rows)), self._frame)


def _place_of(numbers: str) -> tuple[int, int] | None:
    row, _, column = numbers.partition(";")
    if any(each and not each.isdecimal() for each in (row, column)):
        return None
    return max(int(row or 1), 1) - 1, max(int(column or 1), 1) - 1
