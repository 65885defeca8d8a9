"""A list of the server, by its query: filters, order and columns; without keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual import getters

from torc_core.model.workflow import Workflow
from torc_tui.lists.listing import Listing, Query, Row
from torc_tui.panes.base import Tab
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.requests import Requests
from torc_tui.state.head.headline import list_line, unseen_order
from torc_tui.state.tables.remembered import remembered_by, remembered_order
from torc_tui.theme import Cell
from torc_tui.widgets.row_table import RowTable


class QueriedList(Tab):
    """Which rows of a `Listing` are shown, in which order, with which columns."""

    listing: ClassVar[Listing]

    table = getters.query_one(RowTable)

    def __init__(self, requests: Requests, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(requests, id=id)
        self._slot = f"rows of {self.id}"
        self._columns: tuple[str, ...] = ()

    def open(self, workflow: Workflow | None) -> None:
        """Forget the rows of the last workflow."""
        super().open(workflow)
        self.table.forget(self.first_query())

    def refresh_content(self) -> None:
        """Ask again for the rows in sight."""
        self.table.check_rows()

    def limits(self) -> list[Cell]:
        """Return filters, how many rows there are, and marks."""
        table = self.table
        line = list_line(self.listing, table.query_state, table.window.total, len(table.marks))
        return [*unseen_order(self.listing, table.query_state, table.titles_shown), *line]

    def focus_content(self) -> None:
        """Give the focus to the table."""
        self.table.focus(scroll_visible=False)

    def clear_limits(self) -> bool:
        """Show all rows in the usual order; return whether that is something else than before."""
        usual = self.usual_query()
        if self.table.query_state == usual:
            return False
        self.show_query(usual)
        return True

    def first_query(self) -> Query:
        """Return the query with which the list begins: all rows, in the order last chosen."""
        return remembered_order(self.listing, remembered_by(self.app).of_list(self.listing.name))

    def usual_query(self) -> Query:
        """Return the present query without filters."""
        order = self.listing.order
        return replace(self.table.query_state, filters=order.filters, whole=order.whole)

    def show_query(self, query: Query, *, is_typed: bool = False) -> None:
        """Show the rows of another query.

        Args:
            query: The query.
            is_typed: It is being typed: the rows of the last one stay until the answer comes.
        """
        if is_typed:
            self.table.narrow(query)
        else:
            self.table.start_over(query)
        self.post_message(LimitsChanged())

    def filter_by(self, name: str, text: str, *, is_whole: bool = False) -> None:
        """Filter by one column; empty text for all rows.

        Args:
            name: The filter.
            text: What was typed; a part of a text is enough.
            is_whole: It is a whole value.
        """
        chosen = next(each for each in self.listing.filters if each.name == name)
        if problem := chosen.problem_of(text):
            self.post_message(Notice(problem, "red"))
            return
        self.show_query(self.table.query_state.filtered(name, text, is_whole=is_whole))

    def row_under_cursor(self) -> Row | None:
        """Return the row that a key is about; say so if there is none."""
        row = self.table.cursor_row
        if row is None and self.table.window.total == 0:
            self.post_message(Notice(f"There are no {self.listing.name.lower()} here."))
        return row

    def chosen_items(self) -> list[Any]:
        """Return what the marked rows show, else what the one under the cursor shows."""
        row = self.table.cursor_row
        return list(self.table.marks.values()) or ([] if row is None else [row.item])

    def present_listing(self) -> Listing:
        """Return the list that rows are asked of; called in a thread."""
        return self.listing

    def arranged_listing(self) -> Listing:
        """Return the list that rows are asked of, with the columns that are shown."""
        return self.present_listing().arranged(self._columns)

    def show_columns(self, columns: tuple[str, ...]) -> None:
        """Show the columns of these titles; none for the usual ones."""
        if columns != self._columns:
            self._columns = columns
            self.table.show_columns(self.arranged_listing())
