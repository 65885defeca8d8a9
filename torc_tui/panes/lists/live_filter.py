"""The line below a list in which a filter is typed; rows follow every pause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.lists.listing import ListFilter, Query, named_filter
from torc_tui.panes.messages import Notice
from torc_tui.theme import Cell
from torc_tui.widgets.line import Line
from torc_tui.widgets.row_table import RowTable

REST_S = 0.15
"""How long nothing is typed before the server is asked."""


class LiveFilter(Horizontal):
    """A text for one of the filters of a list; hidden until it is opened.

    Args:
        filters: Those of the list; Tab goes from one to the next, and `status:failed` names one.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(
        Scope.LIVE_FILTER, Scope.FILTER, Scope.TYPED
    )
    DEFAULT_CSS = """
    LiveFilter { display: none; height: 1; }
    LiveFilter.-open { display: block; }
    LiveFilter Line { width: auto; min-width: 8; }
    LiveFilter Input { width: 1fr; }
    """

    field = getters.query_one(Input)
    label = getters.query_one(Line)

    @dataclass
    class Wanted(Message):
        """The rows of a query are to be shown."""

        query: Query
        is_over: bool = False
        """The line is gone."""

    def __init__(self, filters: Sequence[ListFilter]) -> None:
        super().__init__()
        self._filters = filters
        self._at = 0
        self._rest: Timer | None = None
        self._before = self._present = Query()
        self._others = Query()
        """The filters that are not in the line, and the one that it names."""

    def compose(self) -> ComposeResult:
        """Lay out: the filter, the text."""
        yield Line()
        yield Input(select_on_focus=False, compact=True)

    def on_mount(self) -> None:
        """No blinking: it would write to the terminal twice a second."""
        self.field.cursor_blink = False

    def begin(self, query: Query) -> None:
        """Show the line with the present text of the first filter."""
        self._before = self._present = self._others = query
        self.add_class("-open")
        self._show(0, query.filters.get(self._filters[0].name, ""))
        self.field.focus(scroll_visible=False)

    def _show(self, at: int, text: str) -> None:
        self._at = at
        label = f" {self._filters[at].title}: "
        self.label.styles.width = len(label)
        self.label.show(Cell(label, "bold"))
        with self.field.prevent(Input.Changed):
            self.field.value = text
            self.field.cursor_position = len(text)

    def on_input_changed(self, changed: Input.Changed) -> None:
        """Wait for a pause."""
        changed.stop()
        self._stop_waiting()
        self._rest = self.set_timer(REST_S, self._report)

    def on_descendant_blur(self) -> None:
        """Keep the filter when the focus goes elsewhere."""
        if self.has_class("-open"):
            self.action_live("keep")

    def _stop_waiting(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = None

    def _report(self, *, is_over: bool = False) -> None:
        self._stop_waiting()
        typed, present = self.field.value.strip(), self._filters[self._at]
        chosen, text = named_filter(self._filters, typed) or (present, typed)
        problem = chosen.problem_of(text)
        self.post_message(Notice(problem, "red" if problem else ""))
        if not problem:
            self._present = self._others.filtered(present.name, "").filtered(chosen.name, text)
        self.post_message(self.Wanted(self._present, is_over))

    def action_live(self, what: str) -> None:
        """Go away: keep what was typed, or take it back."""
        self._stop_waiting()
        self.remove_class("-open")
        if what == "keep":
            self._report(is_over=True)
        else:
            self.post_message(self.Wanted(self._before, is_over=True))

    def action_filter(self, where: str) -> None:
        """Use the text for the next or the previous filter."""
        text = self.field.value
        self._others = self._others.filtered(self._filters[self._at].name, "")
        self._show((self._at + (1 if where == "next" else -1)) % len(self._filters), text)
        self._report()

    def action_move(self, where: str) -> None:
        """Move the cursor of the list."""
        if self.parent is not None:
            self.parent.query_one(RowTable).action_move(where)
