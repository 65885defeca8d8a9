"""What the main screen shows, and how it is kept up to date."""

from __future__ import annotations

from time import monotonic

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer

from torc_core.errors import NotFoundError, TorcError, TransportError
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_tui.actions import Scope, shown_in
from torc_tui.feed import EventFeed
from torc_tui.lists.events import EVENTS
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.listing import Row
from torc_tui.lists.workflows import WORKFLOWS
from torc_tui.messages import StateChanged
from torc_tui.screens.graph_reader import GraphReader
from torc_tui.screens.server_link import ServerLink
from torc_tui.state.fetcher import Fetcher
from torc_tui.state.graph.dag import Graph
from torc_tui.state.graph.drawing import Drawing, draw
from torc_tui.state.headline import Link, breadcrumb, headline, limits_of
from torc_tui.state.logs.preview import preview_text
from torc_tui.terminal import clean
from torc_tui.theme import Cell
from torc_tui.widgets.details_pane import DAG, TABS, DetailsPane
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line
from torc_tui.widgets.row_table import RowTable

PACE_S = 0.4
"""The least time between two looks at the server because of events."""
REST_S = 0.15
"""A cursor that rests so long is followed: a preview is read, a workflow opened."""


class Board(Screen[None]):
    """Workflows beside, or before, the details of one of them.

    Narrow: one pane at a time. From 100 columns: two panes. From 160: also a preview of the job
    under the cursor, and the latest events. Nothing here waits: requests go out by `_link`, and
    answers come back to the `_show` methods.
    """

    head = getters.query_one("#head", Line)
    workflows = getters.query_one("#workflows", RowTable)
    details = getters.query_one(DetailsPane)
    preview = getters.query_one("#preview", Line)
    ticker = getters.query_one("#ticker", RowTable)
    message = getters.query_one("#message", Line)
    keys = getters.query_one(KeyHints)

    def __init__(self, fetcher: Fetcher, user: str) -> None:
        super().__init__()
        self._fetcher = fetcher
        self._user = user
        self._link = ServerLink(
            self, fetcher, changed=self._link_changed, refresh=self.look, refused=self.show_error
        )
        self._graph = GraphReader(self, self._link, self._show_graph, self.show_error)
        self._opened: Workflow | None = None
        self._status: WorkflowStatus | None = None
        self._feed: EventFeed | None = None
        self._look_timer: Timer | None = None
        self._rest_timer: Timer | None = None
        self._next_look = 0.0
        self._auto_s = 0
        self._has_error = False

    def compose(self) -> ComposeResult:
        """Lay out: head, panes, message, keys."""
        yield Line(id="head", classes="title")
        with Horizontal(id="body"):
            yield RowTable(WORKFLOWS, id="workflows")
            with Vertical(id="beside"):
                yield DetailsPane(id="details")
                yield Line(id="preview")
                yield RowTable(EVENTS, id="ticker")
        yield Line(id="message")
        yield KeyHints()

    def on_mount(self) -> None:
        """Ask for the user's workflows."""
        self.workflows.border_title = "Workflows"
        self.preview.border_title = "Job"
        self.ticker.border_title = "Latest events"
        self.ticker.can_focus = False
        self.workflows.start_over(self.workflows.query_state.filtered("user", self._user))
        self.workflows.focus()

    def on_unmount(self) -> None:
        """End the event stream."""
        if self._feed is not None:
            self._feed.close()

    def on_resize(self) -> None:
        """Fill the new size."""
        self.show_head()
        self.look_soon()

    @property
    def is_inside(self) -> bool:
        """Whether the keys go to the open workflow."""
        return self._opened is not None and self.details.has_focus_within

    @property
    def has_one_pane(self) -> bool:
        """Whether there is no room for the list and the open workflow together."""
        return self.has_class("-narrow")

    def open_workflow(self, workflow: Workflow) -> None:
        """Show another workflow and listen to its events."""
        if self._opened is not None and self._opened.id == workflow.id:
            return
        self.close_workflow()
        self.drop_error()
        number = workflow.id or 0
        self._opened = workflow
        self.add_class("-opened")
        self._feed = EventFeed(
            self._fetcher.client, number, lambda: self.post_message(StateChanged())
        )
        for listing in TABS:
            self.details.table_of(listing.name).forget(listing.order)
        self.ticker.forget(EVENTS.order)
        self.details.border_title = clean(workflow.name).replace("[", r"\[")
        self.details.show_workflow(workflow, None)
        if self.details.table is not None:
            self.details.table.check_rows()
        self.look()

    def point_at_opened(self) -> None:
        """Put the cursor of the list on the open workflow, if its row is known."""
        opened = self._opened
        at = self.workflows.window.find(opened.id or 0) if opened else None
        if at is not None:
            self.workflows.move_to(at)

    def close_workflow(self) -> None:
        """Show no workflow any more."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None
        if self.is_inside:
            self.workflows.focus()
        self._opened = self._status = None
        self._graph.forget()
        self.details.dag.show(Drawing([], 0))
        self.preview.show()
        self.remove_class("-opened")

    def show_head(self) -> None:
        """Show the place and the state of the connection, and the keys that go with them."""
        if not self.is_mounted:
            return
        tab = self.details.tab_name if self.is_inside else None
        query = self.workflows.query_state
        listed = query.filters.get("user")
        link = Link(self._fetcher.url, self._link.is_up, listed, self._auto_s)
        parts = breadcrumb(
            self._opened, self._status, tab, limits_of(WORKFLOWS, query.filtered("user", ""))
        )
        self.head.show(*headline(parts, link, self.size.width))
        groups = ("Job", "Lists", "View") if tab == JOBS.name else ("Workflow", "Lists", "View")
        hidden = "tab.next" if self.has_one_pane and not self.is_inside else ""
        self.keys.show(tuple(each for each in shown_in(Scope.MAIN, groups) if each.id != hidden))

    def tell(self, text: str, tone: str = "") -> None:
        """Show one line to the person."""
        self._has_error = False
        self.message.show(Cell(f" {clean(text)}", tone))

    def show_error(self, error: TorcError) -> None:
        """Show an error in the line for messages; of a silent server the head tells."""
        if isinstance(error, TransportError):
            self._link.lose()
            self.tell(error.hint or error.message, "red")
        else:
            self.tell(f"{error.message}  {error.hint}", "red")
        self._has_error = True

    def drop_error(self) -> None:
        """Take an error away that was about something else than what is shown now."""
        if self._has_error:
            self.tell("")

    def _link_changed(self) -> None:
        """Show that the server was lost or found; what was said of its absence is over then."""
        if self._link.is_up:
            self.drop_error()
            if self._feed is not None:
                self._feed.hurry()
        self.show_head()

    def on_descendant_focus(self) -> None:
        """Another pane: narrow screens show the one with the focus."""
        self.set_class(self.details.has_focus_within, "-inside")
        self.show_head()

    def look(self) -> None:
        """Ask again for all that is in sight; what looks the same is not repainted."""
        if self._look_timer is not None:
            self._look_timer.stop()
            self._look_timer = None
        self._next_look = monotonic() + PACE_S
        if self._feed is not None:
            self._feed.taken()
        self.workflows.check_rows()
        workflow = self._opened
        if workflow is None:
            return
        number = workflow.id or 0
        self._link.ask(
            "status",
            lambda client: client.get_workflow_status(number),
            lambda status: self._show_status(number, status),
            self._status_refused,
        )
        for table in (self.details.table, self.ticker):
            if table is not None and table.is_on_screen:
                table.check_rows()
        self.follow_cursor()

    def look_soon(self) -> None:
        """Look when the time has come; whatever happens until then is one look."""
        if self._look_timer is None and self.is_mounted:
            pause = max(0.01, self._next_look - monotonic())
            self._look_timer = self.set_timer(pause, self.look)

    def look_at_tab(self) -> None:
        """Ask for what a tab shows that has just come into sight."""
        self._graph.forget()
        self.look()

    def on_state_changed(self) -> None:
        """Something happened on the server."""
        self.look_soon()

    def on_row_table_rows_wanted(self, wanted: RowTable.RowsWanted) -> None:
        """Ask the server for rows that have come into sight."""
        table, query, span, epoch = wanted.table, wanted.query, wanted.span, wanted.epoch
        opened = None if table is self.workflows else self._opened
        number = opened.id if opened else None

        def came(answer: tuple[int, list[Row]]) -> None:
            table.show_rows(epoch, span, *answer)
            if table is self.workflows and self.is_inside:
                self.point_at_opened()
            self.details.show_limits()

        def failed(error: TorcError) -> None:
            table.ask_failed(is_refused=not isinstance(error, TransportError))
            self.show_error(error)

        self._link.ask(
            f"rows {table.id}",
            lambda client: table.listing.fetch(client, number, query, span),
            came,
            failed,
        )

    @on(RowTable.CursorMoved)
    def follow_cursor(self) -> None:
        """Look at what the cursor rests on, if there is room to show it."""
        self.details.show_limits()
        if self._rest_timer is not None:
            self._rest_timer.stop()
        self._rest_timer = self.set_timer(REST_S, self._cursor_rests)

    def _cursor_rests(self) -> None:
        self._rest_timer = None
        row = self.workflows.cursor_row
        if not self.has_one_pane and not self.is_inside and row is not None:
            self.open_workflow(row.item)
        job = self.details.table_of(JOBS.name).cursor_row
        if job and self.preview.is_on_screen:
            number, width = job.item.id, self.preview.size.width
            height = self.preview.size.height
            self._link.ask(
                "preview",
                lambda client: preview_text(client, number, width, height),
                lambda cells: self.preview.show(*cells),
                lambda _: None,
            )

    def _show_status(self, number: int, status: WorkflowStatus) -> None:
        if self._opened is not None and self._opened.id == number:
            self._status = status
            self.details.show_workflow(self._opened, status)
            self.show_head()
            if self.details.tab_name == DAG:
                self._graph.follow(number, status)

    def _status_refused(self, error: TorcError) -> None:
        if isinstance(error, NotFoundError):
            self.close_workflow()

    def _show_graph(self, graph: Graph) -> None:
        groups = "1 group" if len(graph.nodes) == 1 else f"{len(graph.nodes)} groups"
        note = f"{groups} of jobs with like names" if graph.is_grouped else ""
        part = "  (only the first jobs and dependencies were read)" if graph.is_partial else ""
        self.details.note_dag(note + part)
        self.details.dag.show(draw(graph))
