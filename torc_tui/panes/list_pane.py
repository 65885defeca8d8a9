"""A pane with a list: rows are loaded as they come into sight, filtered and sorted by keys."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType

from torc_core.errors import NotFoundError, TorcError, TransportError
from torc_core.model.workflow import Workflow
from torc_tui.actions import Scope
from torc_tui.keymap import bindings_for
from torc_tui.lists.listing import Listing, Query
from torc_tui.panes.base import Tab
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.requests import Requests
from torc_tui.screens.dialogs.ask import AskFilter
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.headline import list_line
from torc_tui.state.texts import row_text
from torc_tui.theme import Cell
from torc_tui.widgets.row_table import RowTable


class ListPane(Tab):
    """Shows a `Listing`, of which the server holds the rows."""

    listing: ClassVar[Listing]
    scopes = (Scope.SCREEN, Scope.PANE, Scope.LIST)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LIST)

    table = getters.query_one(RowTable)

    def __init_subclass__(cls) -> None:
        """Name the tab like its list."""
        super().__init_subclass__()
        if "title" not in cls.__dict__:
            cls.title = cls.listing.name

    def __init__(self, requests: Requests, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(requests, id=id)
        self._slot = f"rows of {self.id}"

    def compose(self) -> ComposeResult:
        """Lay out: the table alone."""
        yield RowTable(self.listing)

    def open(self, workflow: Workflow | None) -> None:
        """Forget the rows of the last workflow."""
        super().open(workflow)
        self.table.forget(self.listing.order)

    def refresh_content(self) -> None:
        """Ask again for the rows in sight."""
        self.table.check_rows()

    def limits(self) -> list[Cell]:
        """Return filters, how many rows there are, and marks."""
        table = self.table
        return list_line(self.listing, table.query_state, table.window.total, len(table.marks))

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

    def usual_query(self) -> Query:
        """Return the present query without filters."""
        return replace(self.table.query_state, filters=self.listing.order.filters)

    def show_query(self, query: Query) -> None:
        """Show the rows of another query."""
        self.table.start_over(query)
        self.post_message(LimitsChanged())

    def filter_by(self, name: str, text: str) -> None:
        """Filter by one column; empty text for all rows."""
        chosen = next(each for each in self.listing.filters if each.name == name)
        try:
            if text:
                chosen.parse(text)
        except ValueError as error:
            self.post_message(Notice(f"{chosen.title} cannot be {text}: {error}", "red"))
            return
        self.show_query(self.table.query_state.filtered(name, text))

    def on_row_table_rows_needed(self, needed: RowTable.RowsNeeded) -> None:
        """Ask the server for rows that have come into sight."""
        needed.stop()
        self._load(needed)

    @work
    async def _load(self, needed: RowTable.RowsNeeded) -> None:
        number = self.workflow.id if self.workflow else None
        try:
            answer = await self.requests.ask(
                lambda client: self.present_listing().fetch(
                    client, number, needed.query, needed.span
                ),
                slot=self._slot,
            )
        except TorcError as error:
            needed.table.ask_failed(is_refused=not isinstance(error, TransportError))
            # A workflow that is gone is closed by the pane that holds this one.
            if number is None or not isinstance(error, NotFoundError):
                self.post_message(Notice(error))
            return
        needed.table.show_rows(needed.epoch, needed.span, *answer)
        self.rows_shown()
        self.post_message(LimitsChanged())

    def present_listing(self) -> Listing:
        """Return the list that rows are asked of; called in a thread."""
        return self.listing

    def rows_shown(self) -> None:
        """Called when rows have been shown."""

    def on_row_table_cursor_moved(self) -> None:
        """Say how many rows are marked now."""
        self.post_message(LimitsChanged())

    def action_open(self) -> None:
        """Show every column of the row, in full."""
        row = self.table.cursor_row
        if row is not None:
            title = f"{self.listing.name} ▸ {row.key}"
            self.app.push_screen(
                Reader(title, lambda width: row_text(self.listing, row.item, width))
            )

    def action_filter_ask(self) -> None:
        """Ask for a column and a text."""

        def answered(answer: tuple[str, str] | None) -> None:
            if answer is not None:
                self.filter_by(*answer)

        columns = [(each.name, each.title) for each in self.listing.filters]
        self.app.push_screen(AskFilter(columns, self.table.query_state.filters), answered)

    def action_filter_same(self) -> None:
        """Show only rows of the same kind as this one."""
        row = self.table.cursor_row
        if row is not None:
            kind = self.listing.filters[self.listing.alike]
            self.filter_by(kind.name, kind.value(row.item))

    def action_sort_column(self, number: int) -> None:
        """Sort all rows by the column of that number."""
        columns = self.listing.columns
        if number > len(columns):
            return
        column = columns[number - 1]
        if column.sort_by:
            self.table.start_over(self.table.query_state.sorted_by(column.sort_by))
            self.post_message(Notice(f"sorted by {column.title}"))
            return
        able = [f"{at} {each.title}" for at, each in enumerate(columns, 1) if each.sort_by]
        self.post_message(Notice(f"{column.title} cannot be sorted; these can: {', '.join(able)}"))
