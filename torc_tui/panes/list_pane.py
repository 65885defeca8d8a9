"""A pane with a list: rows are loaded as they come into sight, filtered and sorted by keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType

from torc_core.client import TorcClient
from torc_core.errors import (
    AccessError,
    MachineError,
    NotFoundError,
    TorcError,
    TransportError,
    UnsupportedError,
)
from torc_core.units import counted
from torc_tui.keys.action import Action, Scope
from torc_tui.keys.awaited import AWAITED
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.in_words import in_keys, key_of
from torc_tui.keys.table import in_scope
from torc_tui.lists.failed.next_failed import Next, Place, next_words
from torc_tui.panes.lists.actions import LIST_ACTIONS, use_order
from torc_tui.panes.lists.live_filter import LiveFilter
from torc_tui.panes.lists.queried import QueriedList
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.tables.remembered import remembered_by
from torc_tui.state.texts.layout import row_text
from torc_tui.terminal import clean
from torc_tui.widgets.row_table import RowTable

_NOT_OF_THE_QUERY = AccessError | MachineError | TransportError
"""Errors that say nothing against what was asked for: it is asked for again."""


class ListPane(QueriedList):
    """Shows a `Listing`, whose rows the server holds."""

    scopes: ClassVar[tuple[Scope, ...]] = (Scope.SCREEN, Scope.PANE, Scope.LIST)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LIST)

    def __init_subclass__(cls) -> None:
        """Name the tab like its list."""
        super().__init_subclass__()
        if "title" not in cls.__dict__:
            cls.title = cls.listing.name

    def compose(self) -> ComposeResult:
        """Lay out: the table; the line of a filter is there while one types into it."""
        self._columns = remembered_by(self.app).of_list(self.listing.name).columns
        yield RowTable(self.listing.arranged(self._columns))
        yield LiveFilter(self.listing.filters)

    def is_early(self, key: str) -> bool:
        """Return whether a key is about a row that is still to come."""
        return (self.table.has_focus and self.table.awaits_row) and any(
            self.needs_row(action) and key in action.keys.split(",")
            for action in in_scope(*self.scopes, Scope.TABLE)
        )

    def needs_row(self, action: Action) -> bool:
        """Return whether an action is about the row under the cursor."""
        return action.is_on_row

    def on_live_filter_wanted(self, wanted: LiveFilter.Wanted) -> None:
        """Show the rows that what is typed selects."""
        wanted.stop()
        if wanted.query != self.table.query_state:
            self.show_query(wanted.query, is_typed=True)
        if wanted.is_over and (self.screen.focused is None or self.has_focus_within):
            self.focus_content()

    def on_row_table_rows_needed(self, needed: RowTable.RowsNeeded) -> None:
        """Ask the server for rows that have come into sight."""
        needed.stop()
        self._load(needed)

    @work
    async def _load(self, needed: RowTable.RowsNeeded) -> None:
        number = self.workflow.id if self.workflow else None
        try:
            answer = await self.requests.ask(
                lambda client: self.arranged_listing().fetch(
                    client, number, needed.query, needed.span
                ),
                slot=self._slot,
            )
        except UnsupportedError as error:
            lack = clean(in_keys(f"{error.message} {error.hint}"))
            needed.table.ask_failed(is_refused=True, lack=lack)
            return
        except TorcError as error:
            needed.table.ask_failed(is_refused=not isinstance(error, _NOT_OF_THE_QUERY))
            # A workflow that is gone is closed by the pane that holds this one.
            if number is None or not isinstance(error, NotFoundError):
                self.post_message(Notice(error))
            return
        needed.table.show_rows(needed.epoch, needed.span, *answer)
        self.rows_shown()
        self.post_message(LimitsChanged())

    def action_list(self, what: str) -> None:
        """Do one of the `LIST_ACTIONS`."""
        LIST_ACTIONS[what](self)

    def rows_shown(self) -> None:
        """Called when rows have been shown."""

    def on_row_table_cursor_moved(self) -> None:
        """Say how many rows are marked now."""
        self.post_message(LimitsChanged())

    def on_row_table_nothing_marked(self) -> None:
        """Say that the key for marks had nothing to do."""
        self.post_message(Notice("Nothing is marked."))

    def on_row_table_row_chosen(self) -> None:
        """Do what Enter does."""
        self.action_open()

    def on_row_table_title_clicked(self, clicked: RowTable.TitleClicked) -> None:
        """Sort by the column, as its digit does."""
        self.action_sort_column(clicked.column + 1)

    def action_open(self) -> None:
        """Show every column of the row, in full."""
        row = self.row_under_cursor()
        if row is not None:
            title = f"{self.listing.name} ▸ {row.key}"
            self.app.push_screen(
                Reader(title, lambda width: row_text(self.listing, row.item, width))
            )

    def action_next_failed(self) -> None:
        """Go to the next row that failed, where rows can."""
        self.post_message(
            Notice(f"{key_of('next_failed')} goes on in the lists of jobs and workflows.")
        )

    @work(name=AWAITED, exclusive=True, group="next failed")
    async def go_to_next(self, find: Callable[[TorcClient, Place], Next]) -> None:
        """Put the cursor on the next row that failed, and say so if that is above it.

        Args:
            find: Finds it among all rows; called in a thread.
        """
        table, number = self.table, self.workflow.id if self.workflow else None
        place = Place(self.present_listing(), number, table.query_state, table.total, table.cursor)
        try:
            found = await self.requests.ask(lambda client: find(client, place), slot="next failed")
        except TorcError as error:
            self.post_message(Notice(error))
            return
        if found.row is not None and self.is_attached:
            table.move_to(found.row)
        said = next_words(found, self.listing.name.lower(), is_here=found.row == place.cursor)
        if said:
            self.post_message(Notice(said))

    def action_sort_column(self, number: int) -> None:
        """Sort all rows by the column of that number."""
        columns = self.table.listing.columns
        if number > len(columns):
            self.post_message(Notice(f"There are only {counted(len(columns), 'column')}."))
            return
        column = columns[number - 1]
        if column.sort_by:
            use_order(self, column)
            return
        able = [f"{at} {each.title}" for at, each in enumerate(columns, 1) if each.sort_by]
        said = f"The server cannot sort by {column.title}. It can by: {', '.join(able)}."
        self.post_message(Notice(said))
