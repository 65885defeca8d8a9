"""The graph of a workflow: its jobs by group, with a cursor, or a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from time import monotonic
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from torc_core.errors import TorcError
from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.progress.groups import Overview
from torc_core.units import counted
from torc_tui.keys.action import Scope
from torc_tui.keys.awaited import AWAITED
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.table import shown_in
from torc_tui.panes.base import Tab
from torc_tui.panes.charts.groups import GroupsView
from torc_tui.panes.messages import LimitsChanged, Notice, OverviewWanted
from torc_tui.panes.tabs.details import show_job
from torc_tui.requests import Requests
from torc_tui.state.graph.dag import FILES, USER_DATA, Graph, Things, graph_of, read_graph
from torc_tui.state.graph.drawing import draw
from torc_tui.state.graph.drawn import Drawing
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.drawing_view import DrawingView

_REST = 5
"""Pause after a reading, as a multiple of the time it took: large graphs are read less often."""


class View(Enum):
    """What the tab shows, in the order in which the key leads through them."""

    GROUPS = "groups"
    JOBS = "jobs"
    FILES = "files"
    USER_DATA = "user data"


_NOT_DRAWN = frozenset(
    action.id for action in shown_in({Scope.GROUPS, Scope.PANE}, ("Graph", "Job"))
)
"""Nothing in a drawing is chosen, so nothing can be done about it."""
_THINGS: dict[View, Things] = {View.FILES: FILES, View.USER_DATA: USER_DATA}


class DagTab(Tab):
    """Groups of jobs that unfold, or drawings; what the counts of jobs say is old is read again."""

    title = "DAG"
    shows_jobs = True
    scopes = (Scope.SCREEN, Scope.PANE, Scope.GRAPH, Scope.GROUPS, Scope.LINES)
    hint_groups = ("Graph", "Job", "View")
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.GRAPH)
    DEFAULT_CSS = """
    DagTab DrawingView { display: none; }
    DagTab.-drawn DrawingView { display: block; }
    DagTab.-drawn GroupsView { display: none; }
    """

    groups = getters.query_one(GroupsView)
    view = getters.query_one(DrawingView)

    def __init__(self, requests: Requests, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(requests, id=id)
        self._shows = View.GROUPS
        self._note = ""
        self._seen: object = None
        self._status: WorkflowStatus | None = None
        self._next_reading = 0.0
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out: groups, or a drawing."""
        yield GroupsView()
        yield DrawingView()

    @property
    def needs_overview(self) -> bool:
        """Whether all jobs have to be read while it is in sight."""
        return self._shows in {View.GROUPS, View.JOBS}

    def open(self, workflow: Workflow | None) -> None:
        """Forget the graph of the last workflow."""
        super().open(workflow)
        self._status = None
        self._forget_drawing()
        self._note = ""
        self.groups.forget()
        self.view.show(Drawing([], 0))

    def came_into_sight(self) -> None:
        """Read at the next status, whether or not something has changed."""
        self._forget_drawing()
        self.post_message(OverviewWanted())

    def limits(self) -> list[Cell]:
        """Return what is shown, and whether it is only a part."""
        text = self.groups.looked_for if self._shows is View.GROUPS else ""
        sought = [Cell(f"  name: {clean(text)} ", "yellow")] if text else []
        return [*sought, Cell(f"  {self._note}", QUIET)]

    def clear_limits(self) -> bool:
        """Look for nothing any more; return whether something was looked for."""
        was_sought = bool(self.groups.looked_for)
        self.groups.look_for("")
        return was_sought

    def focus_content(self) -> None:
        """Give the focus to the groups, or to the drawing."""
        shown = self.groups.lines if self._shows is View.GROUPS else self.view
        shown.focus(scroll_visible=False)

    def show_overview(self, overview: Overview) -> None:
        """Show how far groups and jobs are now."""
        self.groups.show_overview(overview)
        if self._shows is View.JOBS:
            self._draw_jobs(overview)
        elif self._shows is View.GROUPS:
            self._note = counted(len(overview.graph.groups), "group")
            self.post_message(LimitsChanged())

    def job_under_cursor(self) -> Job | None:
        """Return the job under the cursor."""
        jobs = self.selected_jobs() if self.groups.is_on_job else ()
        return jobs[0] if jobs else None

    def selected_jobs(self) -> Sequence[Job]:
        """Return the job under the cursor, or those of the group, if they are not too many."""
        if self.workflow is None or self._shows is not View.GROUPS:
            return ()
        return self.groups.jobs(id_of(self.workflow))

    @work(name=AWAITED)
    async def on_groups_view_job_chosen(self, chosen: GroupsView.JobChosen) -> None:
        """Show all about the job."""
        await show_job(self, chosen.job_id)

    def action_graph_view(self) -> None:
        """Show the next kind of graph."""
        views = list(View)
        self._shows = views[(views.index(self._shows) + 1) % len(views)]
        is_drawn = self._shows is not View.GROUPS
        self.set_class(is_drawn, "-drawn")
        self.hints_left_out = _NOT_DRAWN if is_drawn else frozenset()
        self._note = self._shows.value
        self.view.show(Drawing([], 0))
        self._forget_drawing()
        overview = self.groups.overview
        if overview is not None and self.needs_overview:
            self.show_overview(overview)
        self.call_after_refresh(self.focus_content)
        self.post_message(LimitsChanged())
        self.post_message(OverviewWanted())
        self._read_soon()

    def _forget_drawing(self) -> None:
        self._seen = None
        self._next_reading = 0.0

    def show_status(self, status: WorkflowStatus) -> None:
        """Read a drawing now or soon, if this status says that the shown one is old."""
        self._status = status
        self._read_soon()

    def _read_soon(self) -> None:
        if self._timer is None and self._shows in _THINGS:
            pause_s = self._next_reading - monotonic()
            if pause_s > 0:
                self._timer = self.set_timer(pause_s, self._read_if_changed)
            else:
                self._read_if_changed()

    def show_graph(self, graph: Graph) -> None:
        """Draw a graph."""
        groups = f", {counted(len(graph.nodes), 'group')}"
        part = ", in part" if graph.is_partial else ""
        self._note = f"{self._shows.value}{groups if graph.is_grouped else ''}{part}"
        self.view.show(draw(graph))
        self.post_message(LimitsChanged())

    @work(exclusive=True, group="drawing")
    async def _draw_jobs(self, overview: Overview) -> None:
        graph = await self.requests.in_thread(lambda: graph_of(overview), slot="graph")
        if self._shows is View.JOBS:
            self.show_graph(graph)

    def _read_if_changed(self) -> None:
        self._timer = None
        status, workflow, shows = self._status, self.workflow, self._shows
        if status is None or workflow is None or shows not in _THINGS:
            return
        # A server that does not count jobs leaves only one way to know: to look.
        seen = status.jobs_by_status and (workflow.id, status.run_id, status.jobs_by_status)
        if not seen or seen != self._seen:
            self._seen = seen
            self._read(workflow, shows)

    @work
    async def _read(self, workflow: Workflow, shows: View) -> None:
        began = monotonic()
        try:
            graph = await self.requests.ask(
                lambda client: read_graph(client, id_of(workflow), _THINGS[shows]), slot="graph"
            )
        except TorcError as error:
            self._seen = None
            self.post_message(Notice(error))
            return
        now = monotonic()
        self._next_reading = now + _REST * (now - began)
        if self.workflow is workflow and self._shows is shows:
            self.show_graph(graph)
