"""What a terminal shows of a line of a log; pure.

Programs write for a terminal: they overwrite progress, erase, color, link. Followed is all that
happens within one line; what moves to other lines, changes modes or talks to the terminal shows
nothing there either and is dropped. Sequences are those of ECMA-48 and of xterm
(https://invisible-island.net/xterm/ctlseqs/ctlseqs.html), with controls of 8 bits as of 7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from rich.cells import get_character_cell_size
from rich.style import Style
from rich.text import Text

from torc_tui.state.logs.colors import COLORS, look_after
from torc_tui.terminal import clean

_TAB = 8
_FAR = 256
"""Columns to which a sequence moves beyond the text; terminals stop at their edge."""
_MARKS = 32
"""Combining marks that a character keeps."""
_MOST = 99_999

TOKENS = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?:\x1b\[|\x9b)(?P<parameters>[0-?]*)(?P<between>[ -/]*)(?P<control>[@-~]?)"
    # Titles, links, images and whatever else is a string for the terminal.
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x18\x1a\x1b\x9c]*(?:\x1b\\|[\x07\x18\x1a\x9c])?"
    r"|\x1b(?P<escape>[ -/]*[0-~]?)"
    r"|(?P<single>[\x00-\x1f\x7f-\x9f])"
)
"""One token after the other, whatever comes; each class ends where the next begins, so this is
linear. What has no end is dropped up to the end of the text."""


@lru_cache(maxsize=1024)
def shown_text(text: str) -> Text:
    """Return one line as a terminal would show it in the end; do not change what is returned.

    Args:
        text: A line without its end. Hidden characters that are not controls become "\ufffd".
    """
    line = _Line()
    for token in TOKENS.finditer(text):
        line.follow(token)
    return line.shown


class _Line:
    """A line of a terminal of any width, with its cursor."""

    def __init__(self) -> None:
        self._cells: list[str] = []
        """One for each column; of a wide character the second is empty."""
        self._styles: list[Style] = []
        self._style = Style.null()
        self._column = 0
        self._saved = 0

    @property
    def shown(self) -> Text:
        """What is seen."""
        shown = Text(no_wrap=True)
        begin = 0
        for at, style in enumerate(self._styles):
            if style is not self._styles[begin]:
                shown.append("".join(self._cells[begin:at]), self._styles[begin] or None)
                begin = at
        if self._cells:
            shown.append("".join(self._cells[begin:]), self._styles[begin] or None)
        return shown

    def follow(self, token: re.Match[str]) -> None:
        """Do what a terminal does."""
        if text := token["text"]:
            self._write(clean(text))
        elif control := token["control"]:
            self._control(control, token["parameters"], token["between"])
        elif escape := token["escape"]:
            _ESCAPES.get(escape, _ignore)(self, [])
        elif single := token["single"]:
            _SINGLES.get(single, _ignore)(self, [])

    def _control(self, control: str, parameters: str, between: str) -> None:
        if between or parameters[:1] in {"<", "=", ">", "?"}:
            return
        if control == "m":
            if COLORS.fullmatch(parameters):
                self._style, _ = look_after(self._style, parameters)
            return
        _CONTROLS.get(control, _ignore)(self, list(map(_number, parameters.split(";"))))

    def _write(self, text: str) -> None:
        if text.isascii():
            self._put(list(text))
            return
        for character in text:
            width = get_character_cell_size(character)
            if width:
                self._put([character, *[""] * (width - 1)])
            else:
                self._combine(character)

    def _put(self, cells: list[str]) -> None:
        end = self._column + len(cells)
        self._open(self._column, end)
        self._cells[self._column : end] = cells
        self._styles[self._column : end] = [self._style] * len(cells)
        self._column = end

    def _combine(self, mark: str) -> None:
        at = min(self._column, len(self._cells)) - 1
        while at > 0 and not self._cells[at]:
            at -= 1
        if at >= 0 and self._column <= len(self._cells) and len(self._cells[at]) < _MARKS:
            self._cells[at] += mark

    def _open(self, begin: int, end: int) -> None:
        """Make room up to `begin`, and blanks of wide characters that are cut by what comes."""
        missing = max(0, begin - len(self._cells))
        self._cells += [" "] * missing
        self._styles += [Style.null()] * missing
        for at in (begin, end):
            if 0 < at < len(self._cells) and not self._cells[at]:
                self._cells[at - 1 : at + 1] = [" ", " "]

    def _blank(self, begin: int, end: int) -> None:
        end = min(end, len(self._cells))
        if begin < end:
            self._open(begin, end)
            self._cells[begin:end] = [" "] * (end - begin)
            self._styles[begin:end] = [Style.null()] * (end - begin)

    def go(self, column: int) -> None:
        """Move the cursor; beyond the text not without end."""
        self._column = max(0, min(column, max(_FAR, len(self._cells), self._column)))

    def move(self, columns: int) -> None:
        """Move the cursor to the right, or to the left."""
        self.go(self._column + columns)

    def tab(self) -> None:
        """Move to the next stop."""
        self._column += _TAB - self._column % _TAB

    def save(self) -> None:
        """Remember where the cursor is."""
        self._saved = self._column

    def restore(self) -> None:
        """Move to where the cursor was saved."""
        self._column = self._saved

    def erase(self, how: int) -> None:
        """Erase what is right of the cursor (0), left of it (1), or all (2)."""
        if how == 1:
            self._blank(0, self._column + 1)
        elif how == 0:
            self._open(min(self._column, len(self._cells)), len(self._cells))
            del self._cells[self._column :], self._styles[self._column :]
        else:
            self._cells, self._styles = [], []

    def erase_characters(self, count: int) -> None:
        """Make blanks from the cursor on."""
        self._blank(self._column, self._column + count)

    def delete(self, count: int) -> None:
        """Remove characters; what follows moves to the left."""
        end = self._column + count
        if self._column < len(self._cells):
            self._open(self._column, end)
            del self._cells[self._column : end], self._styles[self._column : end]

    def insert(self, count: int) -> None:
        """Insert blanks; what follows moves to the right."""
        if self._column < len(self._cells):
            blanks = min(count, _FAR)
            self._open(self._column, self._column)
            self._cells[self._column : self._column] = [" "] * blanks
            self._styles[self._column : self._column] = [Style.null()] * blanks


_Action = Callable[[_Line, Sequence[int]], None]
"""With the parameters of the sequence; one that is not given is 0."""


def _ignore(_line: _Line, _given: Sequence[int]) -> None:
    """Show nothing, as a terminal does."""


def _count(given: Sequence[int]) -> int:
    return max(1, given[0])


_SINGLES: dict[str, _Action] = {
    "\r": lambda line, _: line.go(0),
    "\b": lambda line, _: line.move(-1),
    "\t": lambda line, _: line.tab(),
    "\x85": lambda line, _: line.go(0),
}
_ESCAPES: dict[str, _Action] = {
    "7": lambda line, _: line.save(),
    "8": lambda line, _: line.restore(),
    "E": lambda line, _: line.go(0),
}
_CONTROLS: dict[str, _Action] = {
    "@": lambda line, given: line.insert(_count(given)),
    "C": lambda line, given: line.move(_count(given)),
    "D": lambda line, given: line.move(-_count(given)),
    "E": lambda line, _: line.go(0),
    "F": lambda line, _: line.go(0),
    "G": lambda line, given: line.go(_count(given) - 1),
    "H": lambda line, given: line.go(_count(given[1:] or [1]) - 1),
    "J": lambda line, given: line.erase(given[0]),
    "K": lambda line, given: line.erase(given[0]),
    "P": lambda line, given: line.delete(_count(given)),
    "X": lambda line, given: line.erase_characters(_count(given)),
    "`": lambda line, given: line.go(_count(given) - 1),
    "a": lambda line, given: line.move(_count(given)),
    "f": lambda line, given: line.go(_count(given[1:] or [1]) - 1),
    "s": lambda line, _: line.save(),
    "u": lambda line, _: line.restore(),
}
"""What is followed. Erasing of the screen erases the line; of moves to other lines the column is
kept."""


def _number(digits: str) -> int:
    if not digits.isdecimal():
        return 0
    return min(_MOST, int(digits[-9:]) if len(digits) < 10 else _MOST)
