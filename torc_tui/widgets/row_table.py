"""A table of any length: it holds a window of rows and draws only what is seen."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from torc_tui.actions import Scope
from torc_tui.keymap import bindings_for
from torc_tui.lists.listing import Listing, Query, Row
from torc_tui.state.column_widths import GAP, fill, fit, measure
from torc_tui.state.window import Window
from torc_tui.theme import QUIET, tone_style

_GUTTER = 2
"""Cells for the cursor and for marks."""


class RowTable(ScrollView, can_focus=True):
    """Rows of a list, requested as they come into sight.

    It posts `RowsNeeded`; the receiver answers with `show_rows`. A refresh repaints the
    lines that changed and nothing else.

    | Class | Use |
    | :- | :- |
    | `row-table--header` | Titles of the columns |
    | `row-table--cursor` | Row under the cursor while the table has the focus |
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.TABLE)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-table--header", "row-table--cursor"}
    DEFAULT_CSS = """
    RowTable {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .row-table--header { text-style: bold; color: $text-muted; }
        & > .row-table--cursor { color: $block-cursor-foreground;
                                 background: $block-cursor-background; text-style: bold; }
    }
    """

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

    def __init__(self, listing: Listing, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.listing = listing
        self.query_state = self._answered = listing.order
        self.cursor = 0
        self.marks: set[Hashable] = set()
        self.window = Window()
        self._epoch = 0
        self._asked: range | None = None
        self._natural_widths = [0] * len(listing.columns)
        self._widths: list[int] = []
        self._fitted_room = 0
        self._is_active = False

    @property
    def total(self) -> int:
        """How many rows the list has, as far as is known."""
        return self.window.total or 0

    @property
    def _room(self) -> int:
        """Cells beside the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, if it is known."""
        return self.window.row(self.cursor)

    def forget(self, query: Query) -> None:
        """Remove all rows until `check_rows`, for another workflow or query."""
        self.query_state = query
        self.window = Window()
        self._epoch += 1
        self._asked = None
        self._is_active = False
        self._natural_widths = [0] * len(self.listing.columns)
        self.marks.clear()
        self.cursor = 0
        self.virtual_size = Size(self._room, 1)
        self.scroll_to(y=0, animate=False)
        self.refresh()

    def start_over(self, query: Query) -> None:
        """Show the rows of another query."""
        self.forget(query)
        self.check_rows()

    def check_rows(self) -> None:
        """Request the rows in sight again: they may have changed."""
        self.window.invalidate()
        self._asked = None
        self._is_active = True
        self._ask()

    def show_rows(self, epoch: int, span: range, total: int, rows: list[Row]) -> None:
        """Show the answer to `RowsNeeded`; answers to older queries are dropped."""
        if epoch != self._epoch:
            return
        self._asked = None
        self._answered = self.query_state
        had_total, had_row = self.window.total, self.cursor_row
        changed = self.window.put(span, total, rows)
        self._natural_widths = measure(self.listing.columns, rows, self._natural_widths)
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
        self._ask()

    def ask_failed(self, *, is_refused: bool) -> None:
        """Note that a request failed; the next refresh repeats it.

        A query that the server refused is replaced by the last one that it answered.
        """
        self._asked = None
        if is_refused and self.window.total is None and self._answered != self.query_state:
            self.start_over(self._answered)

    def move_to(self, index: int) -> None:
        """Move the cursor to the row at `index`, or to the nearest one."""
        index = max(0, min(index, self.total - 1))
        if index == self.cursor:
            return
        before, self.cursor = self.cursor, index
        sight = self._in_sight()
        if index < sight.start:
            self.scroll_to(y=index, animate=False)
        elif index >= sight.stop:
            self.scroll_to(y=index - len(sight) + 1, animate=False)
        else:
            self.refresh_line(before + 1)
            self.refresh_line(index + 1)
        self.post_message(self.CursorMoved(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Request what has come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show by the cursor whether keys go here."""
        super().watch_has_focus(_has_focus)
        self.refresh_line(self.cursor + 1)

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns into the new width; rows that came while it was hidden had none."""
        if self._lay_out():
            self.refresh()
        self.virtual_size = Size(self._room, self.total + 1)
        self._ask()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the mouse."""
        if event.y > 0:
            self.move_to(self.scroll_offset.y + event.y - 1)

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        width = self._room
        if width != self._fitted_room:
            # A new width is painted before its `Resize` arrives.
            self._lay_out()
        if y == 0:
            return self._header(width)
        index = self.scroll_offset.y + y - 1
        if index >= self.total:
            return self._filler(y, width)
        return self._row(index, width)

    def _header(self, width: int) -> Strip:
        style = self.rich_style + self.get_component_rich_style("row-table--header", partial=True)
        query = self.query_state
        titles = []
        for column, room in zip(self.listing.columns, self._widths, strict=False):
            if room:
                arrow = "▼" if query.reverse else "▲"
                is_sorted = column.sort_by and column.sort_by == query.sort_by
                title = column.title + (arrow if is_sorted else "")
                titles.append(fill(title, room, is_number=column.is_number))
        text = " " * _GUTTER + (" " * GAP).join(titles)
        return Strip([Segment(text, style)]).crop_extend(0, width, style)

    def _filler(self, y: int, width: int) -> Strip:
        style = self.rich_style
        text = ""
        if y == 1 and not self.total and self._is_active:
            text = "…" if self.window.total is None else f"no {self.listing.name.lower()}"
        return Strip([Segment(" " * _GUTTER + text, style + tone_style(QUIET))]).crop_extend(
            0, width, style
        )

    def _row(self, index: int, width: int) -> Strip:
        base, row = self.rich_style, self.window.row(index)
        is_cursor = index == self.cursor and self.can_focus
        is_bar = is_cursor and self.has_focus
        if is_bar:
            base = self.get_component_rich_style("row-table--cursor")
        if row is None:
            gutter, cells = ("> " if is_cursor else "  "), [Segment("…", base + tone_style(QUIET))]
        else:
            gutter = (">" if is_cursor else " ") + ("*" if row.key in self.marks else " ")
            cells = []
            for column, cell, room in zip(
                self.listing.columns, row.cells, self._widths, strict=False
            ):
                if room:
                    text = fill(cell.text, room, is_number=column.is_number) + " " * GAP
                    tone = base if is_bar or not cell.tone else base + tone_style(cell.tone)
                    cells.append(Segment(text, tone))
        return Strip([Segment(gutter, base), *cells]).crop_extend(0, width, base)

    def _in_sight(self) -> range:
        top = self.scroll_offset.y
        return range(top, top + max(1, self.size.height - 1))

    def _ask(self) -> None:
        if not self._is_active:
            return
        sight = self._in_sight()
        span = self.window.missing_span(sight.start, sight.stop)
        if span is not None and span != self._asked:
            self._asked = span
            self.post_message(self.RowsNeeded(self, span, self.query_state, self._epoch))

    def _lay_out(self) -> bool:
        """Fit the columns into the present width; return whether that moved any."""
        before = self._widths
        self._fitted_room = self._room
        self._widths = fit(self.listing.columns, self._natural_widths, self._room - _GUTTER)
        return self._widths != before

    def action_move(self, where: str) -> None:
        """Move the cursor up, down, page_up, page_down, top or bottom."""
        edge = {"up": (0, -1), "down": (max(0, self.total - 1), 1)}.get(where)
        if edge is not None and self.cursor == edge[0]:
            self.post_message(self.EdgeReached(self, edge[1]))
            return
        page = len(self._in_sight())
        places = {
            "up": self.cursor - 1,
            "down": self.cursor + 1,
            "page_up": self.cursor - page,
            "page_down": self.cursor + page,
            "top": 0,
            "bottom": self.total - 1,
        }
        self.move_to(places[where])

    def action_mark_toggle(self) -> None:
        """Toggle the mark of the row, and move to the next."""
        row = self.cursor_row
        if row is not None:
            self.marks ^= {row.key}
            self.refresh_line(self.cursor + 1)
            self.post_message(self.CursorMoved(self))
            self.move_to(self.cursor + 1)

    def action_mark_clear(self) -> None:
        """Clear all marks."""
        self.marks.clear()
        self.refresh()
        self.post_message(self.CursorMoved(self))
