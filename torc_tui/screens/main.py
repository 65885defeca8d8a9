"""The main screen: what its keys do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.timer import Timer

from torc_core.client import TorcClient
from torc_core.errors import SpecError, TorcError, UsageError
from torc_core.host.connect import Choice, Connection, connect
from torc_core.host.runs import Run, list_runs
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_tui.actions import Scope
from torc_tui.keymap import bindings_for
from torc_tui.lists.events import EVENTS
from torc_tui.lists.files import FILES
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.listing import Query
from torc_tui.screens.action_context import ActionContext, Selection
from torc_tui.screens.ask import Ask, AskFilter
from torc_tui.screens.board import Board
from torc_tui.screens.log import LogScreen
from torc_tui.screens.reader import Reader
from torc_tui.screens.runs import RunsDialog, connection_of
from torc_tui.screens.user_actions import USER_ACTIONS
from torc_tui.state.fetcher import Fetcher
from torc_tui.state.logs.logpaths import file_source
from torc_tui.state.recent import runs_since_last_visit
from torc_tui.state.texts import error_text, facts_text, help_text, job_text, row_text
from torc_tui.terminal import clean
from torc_tui.widgets.details_pane import TAB_NAMES
from torc_tui.widgets.row_table import RowTable

AUTO_S = (5, 30, 0)
"""Seconds between refreshes without news, as `A` goes through them; 0 is never."""


class MainScreen(Board):
    """The board and its keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.MAIN)

    def __init__(self, fetcher: Fetcher, user: str) -> None:
        super().__init__(fetcher, user)
        self._auto_timer: Timer | None = None

    def on_mount(self) -> None:
        """Look by itself from now on, and mention runs that went on without the interface."""
        self._refresh_every(AUTO_S[0])
        self._fetcher.ask("runs", runs_since_last_visit, self._mention, self.show_error)

    @property
    def table(self) -> RowTable | None:
        """The list to which keys go; None for the graph."""
        return self.details.table if self.is_inside else self.workflows

    # Moving about

    def action_pane_right(self) -> None:
        """Into the workflow under the cursor."""
        row = self.workflows.cursor_row
        if not self.is_inside and row is not None:
            self.open_workflow(row.item)
            self.add_class("-inside")
            self.details.focus_list()

    def action_pane_left(self) -> None:
        """Back to the workflows."""
        self.drop_error()
        self.remove_class("-inside")
        self.workflows.focus()

    def action_tab_next(self) -> None:
        """To the next tab."""
        self._go_to_tab(self.details.tab + 1)

    def action_tab_previous(self) -> None:
        """To the previous tab."""
        self._go_to_tab(self.details.tab - 1)

    def action_view_events(self) -> None:
        """To the events of the workflow."""
        self.action_pane_right()
        self._go_to_tab(TAB_NAMES.index(EVENTS.name))

    def _go_to_tab(self, tab: int) -> None:
        if self.has_one_pane and not self.is_inside:
            return
        if self._opened is None:
            self.tell("Enter opens a workflow.")
            return
        self.drop_error()
        self.details.show_tab(tab)
        self.show_head()
        self.call_after_refresh(self.look_at_tab)

    @work
    async def action_open(self) -> None:
        """Open the workflow, or show all about the row."""
        table = self.table
        row = table.cursor_row if table else None
        if table is None or row is None:
            return
        self.drop_error()
        item = row.item
        if table is self.workflows:
            self.action_pane_right()
        elif table.listing is JOBS:
            await self._read_job(item)
        elif table.listing is FILES:
            find = partial(file_source, item.name, item.path)
            self.app.push_screen(LogScreen(self._fetcher, f"file ▸ {item.name}", find))
        else:
            title = f"{table.listing.name} ▸ {row.key}"
            self.app.push_screen(Reader(title, lambda width: row_text(table.listing, item, width)))

    async def _read_job(self, job: Job) -> None:
        try:
            fresh, facts = await self._desk.call(lambda client: job_text(client, job.id or 0))
        except TorcError as error:
            self.show_error(error)
            return
        title = f"{clean(fresh.name)} ▸ details"
        self.app.push_screen(Reader(title, lambda width: facts_text(facts, width)))

    def action_view_help(self) -> None:
        """Show every key."""
        self.drop_error()
        self.app.push_screen(Reader("Keys", help_text))

    def action_view_back(self) -> None:
        """Clear the filter; without one, go back."""
        table = self.table
        if table is None:
            self.action_pane_left()
            return
        query = table.query_state
        kept = {name: text for name, text in query.filters.items() if name == "user"}
        usual = replace(query, filters=table.listing.order.filters | kept)
        if query == usual:
            self.action_pane_left()
        else:
            self._start_over(table, usual)

    def action_view_quit(self) -> None:
        """Leave the interface."""
        self.app.exit()

    # Which rows

    def action_filter_ask(self) -> None:
        """Ask for a column and a text."""
        table = self.table
        if table is None:
            return

        def answered(answer: tuple[str, str] | None) -> None:
            if answer is not None:
                self._filter(table, *answer)

        columns = [(each.name, each.title) for each in table.listing.filters]
        self.app.push_screen(AskFilter(columns, table.query_state.filters), answered)

    def action_filter_same(self) -> None:
        """Only rows of the same kind as this one."""
        table = self.table
        row = table.cursor_row if table else None
        if table is not None and row is not None:
            kind = table.listing.filters[table.listing.alike]
            self._filter(table, kind.name, kind.value(row.item))

    def _filter(self, table: RowTable, name: str, text: str) -> None:
        chosen = next(each for each in table.listing.filters if each.name == name)
        try:
            if text:
                chosen.parse(text)
        except ValueError as error:
            self.tell(f"{chosen.title} cannot be {text}: {error}", "red")
            return
        self._start_over(table, table.query_state.filtered(name, text))

    def _start_over(self, table: RowTable, query: Query) -> None:
        table.start_over(query)
        self.details.show_limits()
        self.show_head()

    def action_sort_column(self, number: int) -> None:
        """Sort all rows by the column of that number."""
        table = self.table
        if table is None or number > len(table.listing.columns):
            return
        column = table.listing.columns[number - 1]
        if column.sort_by:
            table.start_over(table.query_state.sorted_by(column.sort_by))
            self.tell(f"sorted by {column.title}")
        else:
            able = [
                f"{at} {each.title}"
                for at, each in enumerate(table.listing.columns, 1)
                if each.sort_by
            ]
            self.tell(f"{column.title} cannot be sorted; these can: {', '.join(able)}")

    def action_view_user(self) -> None:
        """Ask whose workflows to show."""

        def answered(name: str | None) -> None:
            if name is not None:
                self._filter(self.workflows, "user", name)

        present = self.workflows.query_state.filters.get("user", "")
        self.app.push_screen(Ask("User", present, "Empty for all users."), answered)

    def action_view_all_users(self) -> None:
        """Show everybody's workflows, or only the user's."""
        has_user = "user" in self.workflows.query_state.filters
        self._filter(self.workflows, "user", "" if has_user else self._user)

    # How it is kept up to date

    def action_view_refresh(self) -> None:
        """Ask the server again; what was said of an earlier answer is over."""
        self.drop_error()
        self.look_at_tab()

    def action_view_auto(self) -> None:
        """Go to the next interval."""
        self._refresh_every(AUTO_S[(AUTO_S.index(self._auto_s) + 1) % len(AUTO_S)])

    def _refresh_every(self, seconds: int) -> None:
        if self._auto_timer is not None:
            self._auto_timer.stop()
        self._auto_s = seconds
        self._auto_timer = self.set_interval(seconds, self.look_soon) if seconds else None
        self.show_head()

    def action_view_server(self) -> None:
        """Ask for another address and go there."""

        def answered(url: str | None) -> None:
            if url is None:
                return
            if not url:
                self._go_to_server(lambda: connect(Choice(standalone=True)))
                return
            try:
                client = TorcClient(url)
            except UsageError as error:
                self.show_error(error)
            else:
                self._go_to_server(lambda: Connection(client, is_embedded=False))

        self.app.push_screen(
            Ask("Server", self._fetcher.url or "", "Empty for torc's own server."), answered
        )

    def _go_to_server(self, way: Callable[[], Connection]) -> None:
        self.close_workflow()
        self._fetcher.use(way)
        self._link.begin_anew()
        self.tell("")
        self.workflows.start_over(self.workflows.query_state)

    # Runs of this machine

    def action_view_runs(self) -> None:
        """Offer all runs of this machine."""
        self._fetcher.ask("runs", list_runs, self._show_runs, self.show_error)

    def _show_runs(self, runs: list[Run]) -> None:
        if runs:
            self._offer(runs, "All runs of this machine, newest first")
        else:
            self.tell("there are no runs on this machine")

    def _mention(self, runs: list[Run]) -> None:
        """Offer the runs that went on while nobody looked."""
        if runs:
            self._offer(runs, "These went on while you were away")

    @work
    async def _offer(self, runs: list[Run], title: str) -> None:
        """Offer runs, if nothing else is being asked, and open the chosen one's workflow."""
        run = await self.app.push_screen_wait(RunsDialog(title, runs)) if self.is_current else None
        if run is None:
            return
        meta = run.meta
        if meta.url != self._fetcher.url:
            self._go_to_server(lambda: connection_of(meta))
        try:
            self._select(await self._desk.call(lambda c: c.get_workflow(meta.workflow_id)))
        except TorcError as error:
            self.show_error(error)

    def _select(self, workflow: Workflow) -> None:
        """Open a workflow that need not be in the list yet."""
        self.workflows.check_rows()
        self.open_workflow(workflow)
        self.point_at_opened()
        self.details.focus_list()

    # What changes something

    @property
    def _desk(self) -> ActionContext:
        return ActionContext(self.app, self._fetcher, self._user, self.tell, self._select)

    def _chosen(self) -> Selection:
        """What actions are about: the open workflow or the one under the cursor, and its jobs."""
        row = self.workflows.cursor_row
        workflow = self._opened if self.is_inside else row and row.item
        table = self.table
        if table is None or table.listing is not JOBS:
            return Selection(workflow)
        marked = [row.item for row in table.window.rows() if row.key in table.marks]
        under = table.cursor_row
        return Selection(workflow, marked or ([under.item] if under else []))

    @work
    async def action_flow(self, name: str) -> None:
        """Carry out an action that changes something."""
        self.drop_error()
        chosen = self._chosen()
        try:
            await USER_ACTIONS[name](self._desk, chosen)
        except TorcError as error:
            self._explain(error)
        self.look_soon()

    def _explain(self, error: TorcError) -> None:
        """Show an error: in one line if it fits, else with all its lines."""
        self.show_error(error)
        if isinstance(error, SpecError):
            self.tell(f"{len(error.problems)} problems, nothing was created", "red")
            title = f"Problems of {clean(error.source)}"
        elif len(error.message) + len(error.hint) < self.size.width and "\n" not in error.message:
            return
        else:
            title = "Error"
        self.app.push_screen(Reader(title, lambda width: error_text(error, width)))
