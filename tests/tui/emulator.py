"""A terminal for tests, independent of how the interface thinks of one: pyte, mended."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pyte
from wcwidth import wcwidth

_PRIVATE = re.compile(r"\x1b\[[<>=?][0-9;]*(?:\$p|u)")
"""Sequences that pyte takes for others."""
_ALTERNATE_SCREEN = 1049
_BEGUN = re.compile(r"(?:\x1b(?:\[[<>=?]?[0-9;]*\$?)?)?\Z")


class Seen(NamedTuple):
    """What is seen of a cell."""

    text: str
    look: tuple[Any, ...]


class Terminal(pyte.Screen):
    """Shows what is written to it as xterm does, which erases in the present background color.

    Args:
        columns: Its width.
        rows: Its height.
        answer: Takes what it answers when it is asked where its cursor is.
    """

    def __init__(
        self, columns: int, rows: int, answer: Callable[[str], object] | None = None
    ) -> None:
        super().__init__(columns, rows)
        self._stream = pyte.Stream(self)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._begun = ""
        self._answer = answer

    def write(self, data: str) -> None:
        """Take in what a program writes through a terminal line, which adds returns."""
        self._stream.feed(_PRIVATE.sub("", data).replace("\n", "\r\n"))

    def receive(self, data: bytes) -> None:
        """Take in what comes from a terminal line, in whatever pieces."""
        whole = self._begun + self._decode(data)
        self._begun = _BEGUN.search(whole)[0]
        self._stream.feed(_PRIVATE.sub("", whole.removesuffix(self._begun)))

    def write_process_input(self, data: str) -> None:
        """Answer a question."""
        if self._answer is not None:
            self._answer(data)

    @property
    def cells(self) -> list[list[Seen]]:
        """What is seen of each cell."""
        return [[_seen(self.buffer[y][x]) for x in range(self.columns)] for y in range(self.lines)]

    @property
    def display(self) -> list[str]:
        """The text of each line; pyte's own fails while a wide character is half overwritten."""
        columns = range(self.columns)
        return ["".join(self.buffer[y][x].data for x in columns) for y in range(self.lines)]

    def draw(self, data: str) -> None:
        """Write text; pyte forgets that wide characters have two halves."""
        for character in data:
            columns = max(wcwidth(character), 0)
            if not columns and self._is_behind_wide:
                self.cursor.x -= 1
                super().draw(character)
                self.cursor.x += 1
                continue
            x = min(self.cursor.x, self.columns - columns)
            if columns:
                self._cut(x, x - 1)
                self._cut(x + columns, x + columns)
            super().draw(character)

    @property
    def _is_behind_wide(self) -> bool:
        return self.cursor.x > 1 and not self.buffer[self.cursor.y][self.cursor.x - 1].data

    def _cut(self, second: int, blanked: int) -> None:
        line = self.buffer[self.cursor.y]
        if 0 < second < self.columns and not line[second].data:
            line[blanked] = line[blanked]._replace(data=" ")

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Set modes; pyte lacks the alternate screen, which is blank when it is entered."""
        super().set_mode(*modes, **kwargs)
        if _ALTERNATE_SCREEN in modes and kwargs.get("private"):
            self.erase_in_display(2)

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        """Erase; of the whole screen pyte forgets the color of cells that were never written."""
        if how != 2:
            super().erase_in_display(how, *args, **kwargs)
            return
        for y in range(self.lines):
            for x in range(self.columns):
                self.buffer[y][x] = self.cursor.attrs._replace(data=" ")

    def delete_lines(self, count: int | None = None) -> None:
        """Delete lines; pyte keeps a line if one that was never written takes its place."""
        self._write_all()
        super().delete_lines(count)

    def insert_lines(self, count: int | None = None) -> None:
        """Insert lines, as above."""
        self._write_all()
        super().insert_lines(count)

    def _write_all(self) -> None:
        for y in range(self.lines):
            self.buffer[y] = self.buffer[y]


def _seen(cell: Any) -> Seen:
    shows_on_blank = (cell.underscore, cell.strikethrough, cell.reverse)
    if cell.data == " " and not any(shows_on_blank):
        return Seen(" ", (cell.bg,))
    return Seen(cell.data, tuple(cell[1:]))
