"""Text that is read in full: help, details, problems of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from torc_tui.actions import Scope, shown_in
from torc_tui.keymap import bindings_for
from torc_tui.state.graph.drawing import Drawing
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
        lines = write(max(20, self.size.width - 4))
        width = max((sum(cell_len(cell.text) for cell in line) for line in lines), default=0)
        self.view.show(Drawing(lines, width))

    def action_reader_close(self) -> None:
        """Go back."""
        self.dismiss()
