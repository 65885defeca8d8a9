"""The events of a workflow, as a tab and as the latest few."""

from __future__ import annotations

import time
from itertools import islice
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from torc_core.model.workflow import Workflow
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.in_words import keyed
from torc_tui.lists.attempts.names import Names
from torc_tui.lists.events import AFTER, EVENTS, after_text, events_listing
from torc_tui.lists.listing import Listing, Query
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.requests import Requests
from torc_tui.theme import QUIET, Cell

_LIVE = Cell("  ● live", "green")
_NOT_LIVE = Cell("  ○ not live", QUIET)


class _Events(ListPane):
    """Events with the names of nodes."""

    listing = EVENTS

    def __init__(self, requests: Requests, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(requests, id=id)
        self._names = Names()

    def open(self, workflow: Workflow | None) -> None:
        """Forget the nodes of the last workflow, and names on its server."""
        self._names = Names()
        super().open(workflow)

    def present_listing(self) -> Listing:
        """Return the list with the names that are known."""
        return events_listing(self._names)


class EventsTab(_Events):
    """All events, the latest first; they can be cleared away until the filter is."""

    scopes = (*ListPane.scopes, Scope.EVENTS)
    hint_groups = ("Events", "Workflow", "Lists", "View")
    hints_left_out = frozenset({"view.all_users"})  # 80 columns have no room for it
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.EVENTS)

    def __init__(self, requests: Requests) -> None:
        super().__init__(requests)
        self._is_live = False

    def open(self, workflow: Workflow | None) -> None:
        """Forget the stream of the last workflow."""
        super().open(workflow)
        self._is_live = False

    def show_live(self, *, is_live: bool) -> None:
        """Say whether events are shown as they happen."""
        if is_live != self._is_live:
            self._is_live = is_live
            self.post_message(LimitsChanged())

    def limits(self) -> list[Cell]:
        """Return whether events are live, filters, and how many rows there are."""
        return [_LIVE if self._is_live else _NOT_LIVE, *super().limits()]

    def action_events_clear(self) -> None:
        """List only what happens from now on."""
        newest = self.table.window.row(0)
        if newest is None or self.table.query_state.sort_by != EVENTS.order.sort_by:
            moment = time.time()
        else:
            moment = newest.item.timestamp / 1000
        self.filter_by(AFTER.name, after_text(moment))
        self.post_message(Notice(keyed("Cleared: new events are listed. {go.back} lists all.")))


class LatestEvents(_Events):
    """The latest events, without keys: it never has the focus."""

    def compose(self) -> ComposeResult:
        """Lay out: the table alone, as nothing is typed here."""
        return islice(super().compose(), 1)

    def first_query(self) -> Query:
        """Return the latest events first, whatever is chosen for the tab."""
        return self.listing.order

    def on_mount(self) -> None:
        """Only show."""
        self.border_title = "Latest events"
        self.table.can_focus = False
