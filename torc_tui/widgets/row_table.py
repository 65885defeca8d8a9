"""A table of any length: it holds a window of rows and draws only what is seen."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.lists.listing import Listing, Query, Row
from torc_tui.state.column_widths import GAP
from torc_tui.state.hits import piece_at
from torc_tui.state.moves import moved
from torc_tui.state.tables.row_requests import RowRequests
from torc_tui.state.window import BLOCK, Window
from torc_tui.widgets.drawn_table import DrawnTable
from torc_tui.widgets.row_lines import GUTTER


class RowTable(DrawnTable):
    """Rows of a list, requested as they come into sight.

    It posts `RowsNeeded`; the receiver answers with `show_rows`. A refresh repaints the
    lines that changed and nothing else.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.TABLE)

    @dataclass
    class RowsNeeded(Message):
        """Rows are in sight that are unknown or stale."""

        table: RowTable
        span: range
        query: Query
        epoch: int
        """To be passed on with the answer."""

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or its row looks different."""

        table: RowTable

        def can_replace(self, message: Message) -> bool:
            """Only the last position of the cursor counts."""
            return isinstance(message, RowTable.CursorMoved) and message.table is self.table

    @dataclass
    class EdgeReached(Message):
        """A key moves the cursor beyond the first row (-1), or the last one (+1)."""

        table: RowTable
        step: int

    @dataclass
    class TitleClicked(Message):
        """The mouse was clicked on the title of a column."""

        table: RowTable
        column: int
        """Its index in the columns of the list."""

    class NothingMarked(Message):
        """Marks were to be cleared, and there are none."""

    @dataclass
    class RowChosen(Message):
        """A row was clicked twice: it is to be opened."""

        table: RowTable

    def __init__(self, listing: Listing, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(listing, id=id)
        self._requests = RowRequests(listing.order)
        self._moves_ahead: list[str] = []
        """Where keys are to move the cursor once there are rows of this query."""

    def forget(self, query: Query) -> None:
        """Remove all rows until `check_rows`, for another workflow or query."""
        self.query_state = query
        self._requests.begin(query, keeps_rows=False)
        self.window = Window()
        self._is_active = self._is_late = False
        self._lack = ""
        self._natural_widths = self._measured(())
        self.marks.clear()
        self._moves_ahead.clear()
        self.cursor = 0
        self.virtual_size = Size(self._room, 1)
        self.scroll_to(y=0, animate=False)
        self.refresh()

    def start_over(self, query: Query) -> None:
        """Show the rows of another query."""
        self.forget(query)
        self.check_rows()

    def narrow(self, query: Query) -> None:
        """Show the rows of another query; those of the last one stay until its answer comes."""
        self.query_state = query
        self._requests.begin(query, keeps_rows=True)
        self.marks.clear()
        self._moves_ahead.clear()
        self.window.invalidate()
        self._is_active = True
        self._need(range(BLOCK))

    def show_columns(self, listing: Listing) -> None:
        """Show other columns of the same rows, and request what they show."""
        self.listing = listing
        self._requests.change_columns()
        self.window.remake(listing.row)
        self._natural_widths = self._measured(self.window.rows())
        self._lay_out()
        self.refresh()
        if self._is_active:
            self.check_rows()

    def check_rows(self) -> None:
        """Request the rows in sight again: they may have changed."""
        self.window.invalidate()
        self._requests.repeat()
        if not self._is_active:
            self._expect_rows()
        self._ask()

    def show_rows(self, epoch: int, span: range, total: int, rows: list[Row]) -> None:
        """Show the answer to `RowsNeeded`; answers to older queries are dropped."""
        if epoch != self._requests.epoch:
            return
        if self._requests.take_answer():
            self._show_first(total)
        had_total, had_row = self.window.total, self.cursor_row
        changed = self.window.put(span, total, rows)
        self.marks |= {row.key: row.item for row in rows if row.key in self.marks}
        self._natural_widths = self._measured(rows, self._natural_widths)
        if had_total != total:
            # What cannot be scrolled needs no size, and a new size is a new layout.
            if self.can_focus:
                self.virtual_size = Size(self._room, total + 1)
            self.cursor = max(0, min(self.cursor, total - 1))
        if self._lay_out() or not had_total or not total:
            self.refresh()
        else:
            for index in changed & set(self._in_sight()):
                self.refresh_line(index + 1)
        if self.cursor_row != had_row:
            self.post_message(self.CursorMoved(self))
        self._make_moves()
        self._ask()

    @property
    def awaits_row(self) -> bool:
        """Whether the row under the cursor is still to come, or about to be another one."""
        is_unknown = self.window.total is None or (self.total > 0 and self.cursor_row is None)
        return (is_unknown or self._requests.is_outdated) and not self._requests.has_failed

    def _make_moves(self) -> None:
        """Move the cursor as keys asked for before there were rows."""
        moves, self._moves_ahead = self._moves_ahead, []
        for where in moves:
            self._move(where)

    def _move(self, where: str) -> None:
        self.move_to(moved(where, self.cursor, len(self._in_sight()), self.total - 1))

    def _show_first(self, total: int) -> None:
        """Go to the beginning of what another query has found."""
        self.window = Window()
        self._natural_widths = self._measured(())
        self.cursor = 0
        self.virtual_size = Size(self._room, total + 1)
        self.scroll_to(y=0, animate=False)

    def ask_failed(self, *, is_refused: bool, lack: str = "") -> None:
        """Note that a request failed; the next refresh repeats it.

        A query that the server refused is replaced by the last one that it answered.

        Args:
            is_refused: The server refused it.
            lack: Why the server has none of these rows to give: shown in their place.
        """
        self._requests.fail()
        self._is_late, self._lack = False, lack
        if self.window.total is None:
            self.refresh()
        answered = self._requests.answered
        if is_refused and self._requests.is_outdated:
            self.narrow(answered)
        elif is_refused and self.window.total is None and answered != self.query_state:
            self.start_over(answered)

    def move_to(self, index: int) -> None:
        """Move the cursor to the row at `index`, or to the nearest one."""
        index = max(0, min(index, self.total - 1))
        if index == self.cursor:
            return
        before, self.cursor = self.cursor, index
        if not self._scroll_to_cursor():
            self.refresh_line(before + 1)
            self.refresh_line(index + 1)
        self.post_message(self.CursorMoved(self))

    def _scroll_to_cursor(self) -> bool:
        """Bring the cursor into sight; return whether that was needed."""
        sight = self._in_sight()
        if self.cursor < sight.start:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= sight.stop:
            self.scroll_to(y=self.cursor - len(sight) + 1, animate=False)
        else:
            return False
        return True

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Request what has come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show by the cursor whether keys go here."""
        super().watch_has_focus(_has_focus)
        self.refresh_line(self.cursor + 1)

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns into the new width, with the cursor in sight.

        Rows that came while it was hidden had no width.
        """
        if self._lay_out():
            self.refresh()
        self.virtual_size = Size(self._room, self.total + 1)
        self._scroll_to_cursor()
        self._ask()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row under the mouse; what follows is the pane's to decide."""
        spot = event.get_content_offset(self)  # frame and padding belong to no row
        if spot is None or not self.can_focus:
            return
        index = self.scroll_offset.y + spot.y - 1
        if not spot.y:
            column = piece_at(self._widths, spot.x - GUTTER, gap=GAP)
            if column is not None:
                self.post_message(self.TitleClicked(self, column))
        elif index < self.total:
            self.move_to(index)
            if event.chain > 1:
                self.post_message(self.RowChosen(self))

    def _ask(self) -> None:
        if not self._is_active:
            return
        sight = self._in_sight()
        span = self.window.missing_span(sight.start, sight.stop)
        if span is not None and self._requests.is_new(span):
            self._need(span)

    def _need(self, span: range) -> None:
        self.post_message(self.RowsNeeded(self, span, self.query_state, self._requests.epoch))

    def action_move(self, where: str) -> None:
        """Move the cursor up, down, page_up, page_down, top or bottom."""
        is_unknown = self.window.total is None or self._requests.awaits_replacement
        if self._is_active and is_unknown:
            self._moves_ahead.append(where)
            return
        edge = {"up": (0, -1), "down": (max(0, self.total - 1), 1)}.get(where)
        if edge is not None and self.cursor == edge[0]:
            self.post_message(self.EdgeReached(self, edge[1]))
            return
        self._move(where)

    def action_mark_toggle(self) -> None:
        """Toggle the mark of the row, and move to the next."""
        row = self.cursor_row
        if row is not None:
            if self.marks.pop(row.key, None) is None:
                self.marks[row.key] = row.item
            self.refresh_line(self.cursor + 1)
            self.post_message(self.CursorMoved(self))
            self.move_to(self.cursor + 1)

    def mark(self, items: Mapping[Hashable, Any]) -> None:
        """Mark rows, also such as are out of sight."""
        self.marks |= items
        self.refresh()
        self.post_message(self.CursorMoved(self))

    def action_mark_clear(self) -> None:
        """Clear all marks."""
        if not self.marks:
            self.post_message(self.NothingMarked())
        self.unmark(list(self.marks))

    def unmark(self, keys: Iterable[Hashable]) -> None:
        """Clear the marks of some rows."""
        for key in keys:
            self.marks.pop(key, None)
        self.refresh()
        self.post_message(self.CursorMoved(self))
