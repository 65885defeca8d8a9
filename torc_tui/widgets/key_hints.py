"""The footer: keys that work here, for the keyboard and the mouse."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.widgets import Static

from torc_tui.keys.action import Action
from torc_tui.state.hits import piece_at
from torc_tui.theme import QUIET

_GAP = "  "


class KeyHints(Static):
    """Keys and their titles, as many as fit; a click on one presses it."""

    DEFAULT_CSS = """
    KeyHints { height: 2; padding: 0 1; }
    """

    def __init__(self, actions: Iterable[Action] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id, markup=False)
        self._actions = tuple(actions)
        self._rows: list[list[Action]] = []

    def show(self, actions: tuple[Action, ...]) -> None:
        """Show other keys."""
        if actions != self._actions:
            self._actions = actions
            self.on_resize()

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """Return how many lines all keys need, where the height follows from that."""
        return len(_rows(self._actions, width))

    def on_resize(self) -> None:
        """Lay the keys out for the new width."""
        width, height = self.size
        self._rows = arrange(self._actions, width, height)
        self.update(hints(self._rows), layout=False)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        spot = event.get_content_offset(self)
        row = self._rows[spot.y] if spot is not None and spot.y < len(self._rows) else ()
        at = None if spot is None else piece_at(map(_room_of, row), spot.x)
        if at is not None:
            self.app.simulate_key(row[at].keys.partition(",")[0])


def arrange(actions: Iterable[Action], width: int, height: int) -> list[list[Action]]:
    """Return which keys stand in each line; of those that do not fit, the last go first. Pure.

    How to leave and how to get help stay as long as anything does.
    """
    kept = list(actions)
    while len(rows := _rows(kept, width)) > max(1, height):
        spare = [action for action in kept if not action.is_way_out] or kept
        kept.remove(spare[-1])
    return rows


def _rows(actions: Iterable[Action], width: int) -> list[list[Action]]:
    rows: list[list[Action]] = [[]]
    room = width
    for action in actions:
        needed = _room_of(action)
        if needed - len(_GAP) > room and rows[-1]:
            rows.append([])
            room = width
        rows[-1].append(action)
        room -= needed
    return rows


def hints(rows: Iterable[Iterable[Action]]) -> Text:
    """Return lines of keys and their titles."""
    lines = []
    for row in rows:
        line = Text()
        for action in row:
            line.append(action.label, "bold")
            line.append(f" {action.title}{_GAP}", QUIET)
        lines.append(line)
    return Text("\n").join(lines)


def _room_of(action: Action) -> int:
    return cell_len(action.label) + 1 + cell_len(action.title) + len(_GAP)
