"""The first line of the main screen: where the user is, and how the server is."""

from __future__ import annotations

from textual import events

from torc_tui.keys.table import action_named
from torc_tui.widgets.line import Line

_FIRST_PLACE = len(" torc ")


class HeadLine(Line):
    """A line of places that lie in one another; a click on the first one leads there."""

    def on_click(self, event: events.Click) -> None:
        """Press the key that leads back to the workflows."""
        if event.x < _FIRST_PLACE:
            self.app.simulate_key(action_named("go.back_to_list").keys.partition(",")[0])
