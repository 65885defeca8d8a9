"""The graph of a workflow; other than lists, it is read as a whole."""

from __future__ import annotations

from time import monotonic

from textual import getters, work
from textual.app import ComposeResult
from textual.timer import Timer

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_tui.panes.base import Tab
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.requests import Requests
from torc_tui.state.graph.dag import Graph, read_graph
from torc_tui.state.graph.drawing import Drawing, draw
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.drawing_view import DrawingView

_REST = 5
"""Pause after a reading, as a multiple of the time it took: large graphs are read less often."""


class DagTab(Tab):
    """Jobs and their dependencies; read again when the counts of jobs have changed."""

    title = "DAG"

    view = getters.query_one(DrawingView)

    def __init__(self, requests: Requests, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(requests, id=id)
        self._note = ""
        self._seen: object = None
        self._status: WorkflowStatus | None = None
        self._next_reading = 0.0
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out: the drawing alone."""
        yield DrawingView()

    def open(self, workflow: Workflow | None) -> None:
        """Forget the graph of the last workflow."""
        super().open(workflow)
        self.came_into_sight()
        self._note = ""
        self.view.show(Drawing([], 0))

    def came_into_sight(self) -> None:
        """Read at the next status, whether or not something has changed."""
        self._seen = self._status = None
        self._next_reading = 0.0

    def limits(self) -> list[Cell]:
        """Return how the graph was made smaller, if it was."""
        return [Cell(f"  {self._note}", QUIET)]

    def focus_content(self) -> None:
        """Give the focus to the drawing."""
        self.view.focus(scroll_visible=False)

    def show_status(self, status: WorkflowStatus) -> None:
        """Read the graph now or soon, if this status says that the shown one is old."""
        self._status = status
        if self._timer is None:
            pause_s = self._next_reading - monotonic()
            if pause_s > 0:
                self._timer = self.set_timer(pause_s, self._read_if_changed)
            else:
                self._read_if_changed()

    def show_graph(self, graph: Graph) -> None:
        """Draw a graph."""
        groups = "1 group" if len(graph.nodes) == 1 else f"{len(graph.nodes)} groups"
        note = f"{groups} of jobs with similar names" if graph.is_grouped else ""
        part = "  (only the first jobs and dependencies were read)" if graph.is_partial else ""
        self._note = note + part
        self.view.show(draw(graph))
        self.post_message(LimitsChanged())

    def _read_if_changed(self) -> None:
        self._timer = None
        status, workflow = self._status, self.workflow
        if status is None or workflow is None:
            return
        # A server that does not count jobs leaves only one way to know: to look.
        seen = status.jobs_by_status and (workflow.id, status.run_id, status.jobs_by_status)
        if not seen or seen != self._seen:
            self._seen = seen
            self._read(workflow)

    @work
    async def _read(self, workflow: Workflow) -> None:
        def read(client: TorcClient) -> tuple[Graph, float]:
            began = monotonic()
            return read_graph(client, id_of(workflow)), monotonic() - began

        try:
            graph, took_s = await self.requests.ask(read, slot="graph")
        except TorcError as error:
            self._seen = None
            self.post_message(Notice(error))
            return
        self._next_reading = monotonic() + _REST * took_s
        if self.workflow is workflow:
            self.show_graph(graph)
