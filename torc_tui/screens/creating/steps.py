"""The names of the steps, to be clicked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.message import Message

from torc_tui.state.hits import piece_at
from torc_tui.theme import Cell
from torc_tui.widgets.line import Line


class Steps(Line):
    """One line with a piece of text for each step."""

    @dataclass
    class Clicked(Message):
        """The mouse was clicked on a step."""

        step: int

    def show(self, *cells: Cell | str) -> None:
        """Show these names."""
        super().show(*cells)
        texts = (each.text if isinstance(each, Cell) else each for each in cells)
        self._widths: Iterable[int] = [cell_len(text) for text in texts]

    def on_click(self, event: events.Click) -> None:
        """Say which one is under the mouse."""
        spot = event.get_content_offset(self)
        at = None if spot is None else piece_at(self._widths, spot.x)
        if at is not None:
            self.post_message(self.Clicked(at))
