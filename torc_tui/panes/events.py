"""The events of a workflow, as a tab and as the latest few."""

from __future__ import annotations

from torc_tui.lists.events import EVENTS
from torc_tui.panes.list_pane import ListPane


class EventsTab(ListPane):
    """All events, the latest first."""

    listing = EVENTS


class LatestEvents(ListPane):
    """The latest events, without keys: it never has the focus."""

    listing = EVENTS

    def on_mount(self) -> None:
        """Only show."""
        self.border_title = "Latest events"
        self.table.can_focus = False
