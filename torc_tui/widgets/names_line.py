"""A line of names, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.message import Message

from torc_tui.state.head.headline import tabs_line
from torc_tui.state.hits import piece_at
from torc_tui.theme import Cell
from torc_tui.widgets.line import Line


class NamesLine(Line):
    """Names side by side, as many as fit; a click chooses another one."""

    @dataclass
    class Chosen(Message):
        """The mouse was clicked on a name."""

        index: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._names: Sequence[str] = ()
        self._at = 0
        self._rest: Sequence[Cell] = ()
        self._pieces: Sequence[Cell] = ()

    def show_names(self, names: Sequence[str], chosen: int, *rest: Cell) -> None:
        """Show names, and behind them what leaves them less room."""
        self._names, self._at, self._rest = names, chosen, rest
        self._fit()

    def _fit(self) -> None:
        room = self.size.width - sum(cell_len(cell.text) for cell in self._rest)
        self._pieces = tabs_line(self._names, self._at, room)
        self.show(*self._pieces, *self._rest)

    def on_resize(self) -> None:
        """Fit the names into the new width."""
        self._fit()

    def on_click(self, event: events.Click) -> None:
        """Choose the name under the mouse."""
        spot = event.get_content_offset(self)
        widths = (cell_len(each.text) for each in self._pieces)
        at = None if spot is None else piece_at(widths, spot.x)
        if at is not None:
            self.post_message(self.Chosen(at))
