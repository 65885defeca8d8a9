"""The footer: keys that work here."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from torc_tui.actions import Action
from torc_tui.theme import QUIET


class KeyHints(Static):
    """Keys and their titles, as many as fit."""

    DEFAULT_CSS = """
    KeyHints { height: 2; padding: 0 1; }
    """

    def __init__(self, actions: Iterable[Action] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id, markup=False)
        self._actions = tuple(actions)

    def show(self, actions: tuple[Action, ...]) -> None:
        """Show other keys."""
        if actions != self._actions:
            self._actions = actions
            self.on_resize()

    def on_resize(self) -> None:
        """Lay the keys out for the new width."""
        width, height = self.size
        self.update(hints(self._actions, width, height), layout=False)


def hints(actions: Iterable[Action], width: int, height: int) -> Text:
    """Return keys and titles in `height` lines of `width` cells; what does not fit is left out."""
    line, room = Text(), width
    lines = [line]
    for action in actions:
        needed = cell_len(action.label) + cell_len(action.title) + 3
        if needed - 2 > room:
            if len(lines) == height:
                continue
            line, room = Text(), width
            lines.append(line)
        line.append(action.label, "bold")
        line.append(f" {action.title}  ", QUIET)
        room -= needed
    return Text("\n").join(lines)
