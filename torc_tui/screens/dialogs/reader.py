"""Text that is read in full: help, details, problems of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.in_words import keyed
from torc_tui.keys.table import shown_in
from torc_tui.screens.copying import copy_text
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.state.graph.drawn import Drawing
from torc_tui.terminal import clean
from torc_tui.theme import Cell
from torc_tui.widgets.drawing_view import DrawingView
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line

Writer = Callable[[int], list[list[Cell]]]
"""Lays out a text for a width."""


class Reader(Screen[None]):
    """Text that scrolls.

    Args:
        title: Above the text.
        write: The text, for the width that there is.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.READER)

    view = getters.query_one(DrawingView)
    title_line = getters.query_one(Line)

    def __init__(self, title: str, write: Writer) -> None:
        super().__init__()
        self._title = title
        self._write = write
        self._lines: list[list[Cell]] = []
        self._said = ""
        """Behind the title."""
        self._searched = ""
        self._match = 0
        """Which of the matches is shown."""

    def compose(self) -> ComposeResult:
        """Lay out: title, text, keys."""
        yield Line(classes="title")
        yield DrawingView()
        yield KeyHints(shown_in({Scope.READER}))

    def on_mount(self) -> None:
        """Show the title."""
        self.title_line.show(f" {self._title}")
        self.view.focus()

    def on_resize(self) -> None:
        """Lay the text out for the new width."""
        self.rewrite(self._write)

    def rewrite(self, write: Writer) -> None:
        """Show another text."""
        self._write = write
        self._lines = lines = write(max(20, self.size.width - 4))
        width = max((sum(cell_len(cell.text) for cell in line) for line in lines), default=0)
        self.view.show(Drawing(lines, width))

    def action_reader_search(self) -> None:
        """Ask for a text, and go to the first line below that holds it."""

        def answered(text: str | None) -> None:
            if text:
                self._searched = text
                top = self.view.scroll_offset.y
                found = matches(self._lines, text)
                self._match = next((at for at, y in enumerate(found) if y >= top), 0)
                self._show_match()

        self.app.push_screen(Ask("Search", self._searched), answered)

    def action_reader_next(self) -> None:
        """Go to the next match."""
        self._step(1)

    def action_reader_previous(self) -> None:
        """Go to the match before."""
        self._step(-1)

    def _step(self, step: int) -> None:
        if self._searched:
            self._match += step
            self._show_match()
        else:
            self._tell(keyed("{reader.search} searches for a text"))

    def _show_match(self) -> None:
        found = matches(self._lines, self._searched)
        if not found:
            self._tell(f"{clean(self._searched)} is not there")
            return
        self._match %= len(found)
        here = found[self._match]
        said = f"{clean(self._searched)}: match {self._match + 1} of {len(found)}"
        self._tell(said)
        lines = [
            [Cell(cell.text, "reverse") for cell in line] if y == here else line
            for y, line in enumerate(self._lines)
        ]
        width = max(sum(cell_len(cell.text) for cell in line) for line in lines)
        self.view.show(Drawing(lines, width))
        self.view.scroll_to(y=max(0, here - self.view.size.height // 2), animate=False)

    def action_reader_copy(self) -> None:
        """Send the text to the terminal's clipboard, and to a file."""
        lines = ("".join(cell.text for cell in line).rstrip() for line in self._lines)
        text = "\n".join(lines).strip("\n")
        if text:
            copy_text(self, text, self._tell)

    def _tell(self, text: str, *, instead_of: str = "") -> None:
        if not instead_of or self._said == instead_of:
            self._said = text
            self.title_line.show(f" {self._title} ▸ {text}")

    def action_reader_close(self) -> None:
        """Go back."""
        self.dismiss()


def matches(lines: list[list[Cell]], text: str) -> list[int]:
    """Return the numbers of the lines that hold a text, in either case. Pure."""
    searched = text.casefold()
    return [
        y
        for y, line in enumerate(lines)
        if searched in "".join(cell.text for cell in line).casefold()
    ]
