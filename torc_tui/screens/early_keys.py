"""Keys that are typed before the rows or the screen that they are meant for are there."""

from __future__ import annotations

from textual.events import Event, Key

from torc_tui.keys.awaited import AwaitsRows, awaited_in
from torc_tui.keys.table import action_named
from torc_tui.panes.list_pane import ListPane
from torc_tui.screens.main import MainScreen

_LEAVING = ("app.quit", "go.back")
_NO_ROW = "The row has not come yet; press the key again once it has."
_NO_ANSWER = "There is no answer yet; the keys that were typed for it are dropped."


class EarlyKeys:
    """Looks at the screen in sight, and at its list."""

    def __init__(self, main: MainScreen) -> None:
        self._main = main

    def actions(self) -> int:
        """Return how many actions may still open a screen, or move the cursor."""
        return awaited_in(self._main.app.screen)

    def is_early(self, event: Event) -> bool:
        """Return whether a key is about a row that is not there yet."""
        screen = self._main.app.screen
        if isinstance(event, Key) and isinstance(screen, AwaitsRows):
            return screen.is_early(event)
        focused = self._main.focused if self._main.is_current else None
        if focused is None or not isinstance(event, Key):
            return False
        lists = (each for each in focused.ancestors if isinstance(each, ListPane))
        return any(each.is_early(event.key) for each in lists)

    def leaves(self, event: Event) -> bool:
        """Return whether a key leaves what is in sight, so that rows are not waited for."""
        keys = (action_named(each).keys.split(",") for each in _LEAVING)
        return isinstance(event, Key) and any(event.key in each for each in keys)

    def quits(self, event: Event) -> bool:
        """Return whether a key ends the interface, whatever is in sight."""
        return isinstance(event, Key) and event.key == "ctrl+c"

    def say_dropped(self) -> None:
        """Say that keys were dropped, as what they were typed for has not come."""
        screen, text = self._main.app.screen, _NO_ANSWER if self.actions() else _NO_ROW
        if isinstance(screen, AwaitsRows):
            screen.say_early(text)
        else:
            self._main.message.show_text(text)
