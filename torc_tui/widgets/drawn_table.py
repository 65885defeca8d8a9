"""How a table looks: titles, rows in sight, cursor and marks, fitted into the width there is."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from textwrap import wrap
from typing import Any, ClassVar

from textual.scroll_view import ScrollView
from textual.strip import Strip

from torc_tui.lists.listing import Listing, Row
from torc_tui.state.column_widths import fit, measure
from torc_tui.state.window import Window
from torc_tui.widgets.row_lines import CURSOR, GUTTER, LEFT_CURSOR, filler, header, row_strip

LATE_S = 0.5
"""When first rows have not come until then, the table says that it waits for them."""


class DrawnTable(ScrollView, can_focus=True):
    """Draws the rows of a window; a subclass fills it.

    | Class | Use |
    | :- | :- |
    | `row-table--header` | Titles of the columns |
    | `row-table--cursor` | Row under the cursor while the table has the focus |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-table--header", "row-table--cursor"}
    DEFAULT_CSS = """
    DrawnTable {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .row-table--header { text-style: bold; color: $quiet; }
        & > .row-table--cursor { color: $block-cursor-foreground;
                                 background: $block-cursor-background; text-style: bold; }
    }
    """

    def __init__(self, listing: Listing, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.listing = listing
        self.query_state = listing.order
        self.cursor = 0
        self.marks: dict[Hashable, Any] = {}
        """Marked items as they were last seen, also those that are far out of sight."""
        self.window = Window()
        self._natural_widths = self._measured(())
        self._widths: list[int] = []
        self._fitted_room = 0
        self._is_active = False
        self._is_late = False
        """The first rows take long."""
        self._lack = ""
        """Why the server has none to give."""

    @property
    def total(self) -> int:
        """How many rows the list is known to have."""
        return self.window.total or 0

    @property
    def _room(self) -> int:
        """Cells beside the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def titles_shown(self) -> list[str]:
        """The titles of the columns for which there is room."""
        columns = zip(self.listing.columns, self._widths, strict=False)
        return [column.title for column, width in columns if width]

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, if it is known."""
        return self.window.row(self.cursor)

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        width = self._room
        if width != self._fitted_room:
            # A new width is painted before its `Resize` arrives.
            self._lay_out()
        columns, style = self.listing.columns, self.rich_style
        if y == 0:
            style += self.get_component_rich_style("row-table--header", partial=True)
            return header(columns, self.query_state, self._widths, width, style)
        index = self.scroll_offset.y + y - 1
        if index >= self.total:
            why = self._why_empty(width - GUTTER) if self._is_active and not self.total else []
            return filler(why[y - 1] if y <= len(why) else "", width, style)
        is_cursor = index == self.cursor and self.can_focus
        is_bar = is_cursor and self.has_focus
        if is_bar:
            style = self.get_component_rich_style("row-table--cursor")
        row = self.window.row(index)
        # Also without colors it is seen which of several lists has the focus.
        cursor = (CURSOR if is_bar else LEFT_CURSOR) if is_cursor else " "
        mark = "*" if row is not None and row.key in self.marks else " "
        return row_strip(columns, row, self._widths, width, style, gutter=cursor + mark)

    def _why_empty(self, width: int) -> list[str]:
        """Return lines that say why there are no rows."""
        if self.window.total is not None:
            return [f"no {self.listing.name.lower()}"]
        if self._lack:
            return wrap(self._lack, max(1, width))
        return ["loading…"] if self._is_late else []

    def _expect_rows(self) -> None:
        """Say that rows are waited for, if they take long: a table that is empty says nothing."""
        self._is_active = True
        self.set_timer(LATE_S, self._say_late)

    @property
    def awaits_row(self) -> bool:
        """Whether the row under the cursor is still to come."""
        return self.window.total is None

    def _say_late(self) -> None:
        if self.window.total is None and self.awaits_row:
            self._is_late = True
            self.refresh_line(1)

    def _in_sight(self) -> range:
        top = self.scroll_offset.y
        return range(top, top + max(1, self.size.height - 1))

    def _lay_out(self) -> bool:
        """Fit the columns into the present width; return whether that moved any."""
        before = self._widths
        self._fitted_room = self._room
        self._widths = fit(self.listing.columns, self._natural_widths, self._room - GUTTER)
        return self._widths != before

    def _measured(self, rows: Iterable[Row], so_far: Sequence[int] | None = None) -> list[int]:
        """Return the natural widths of the columns with these rows, never less than before."""
        columns = self.listing.columns
        return measure(columns, rows, [0] * len(columns) if so_far is None else so_far)
