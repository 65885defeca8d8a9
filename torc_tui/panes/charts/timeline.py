"""Where the jobs of a run ran when: a chart with the nodes below each other."""

from __future__ import annotations

import time
from time import monotonic
from typing import ClassVar, NamedTuple

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.history.timeline import Timeline, read_timeline
from torc_core.operations.reports.samples import find_samples
from torc_core.usage.nodes import NodeUsage, read_node_usage
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.panes.base import Tab
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.requests import Requests
from torc_tui.state.overview.timeline import (
    TimelineLines,
    about_line,
    timeline_lines,
    usually_folded,
)
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.line import Line
from torc_tui.widgets.line_list import LineList

_REST = 5
_LEAST_PAUSE_S = 5.0


class _Read(NamedTuple):
    timeline: Timeline
    usage: dict[int, NodeUsage]


class TimelineTab(Tab):
    """Nodes with what ran on them; `[` and `]` go to older and newer runs."""

    title = "Time"
    scopes = (Scope.SCREEN, Scope.PANE, Scope.TIMELINE, Scope.RUNS, Scope.LINES)
    hint_groups = ("Timeline", "Runs", "View")
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_for(Scope.TIMELINE), *bindings_for(Scope.RUNS)
    ]  # fmt: skip
    DEFAULT_CSS = """
    TimelineTab LineList { height: 1fr; }
    TimelineTab > Line { height: 1; }
    """

    lines = getters.query_one(LineList)
    about = getters.query_one(Line)

    def __init__(self, requests: Requests, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(requests, id=id)
        self._run: int | None = None
        """The run that is shown; None for the present one."""
        self._present = 0
        self._shown = TimelineLines()
        self._read: _Read | None = None
        self._folded: set[int] | None = None
        self._seen: object = None
        self._next_reading = 0.0

    def compose(self) -> ComposeResult:
        """Lay out: the chart, and a line about what the cursor is on."""
        yield LineList()
        yield Line()

    def open(self, workflow: Workflow | None) -> None:
        """Forget the last workflow."""
        super().open(workflow)
        self._run = self._read = self._folded = self._seen = None
        self._present, self._next_reading = 0, 0.0
        self._show_lines()

    def came_into_sight(self) -> None:
        """Read at the next status, whether or not something has changed."""
        self._seen, self._next_reading = None, 0.0

    def limits(self) -> list[Cell]:
        """Return which run is shown, and how much of it."""
        if self._read is None:
            return []
        timeline = self._read.timeline
        part = ", its end" if timeline.is_partial else ""
        return [Cell(f"  run {timeline.run_id}{part}", QUIET)]

    def focus_content(self) -> None:
        """Give the focus to the chart."""
        self.lines.focus(scroll_visible=False)

    def show_status(self, status: WorkflowStatus) -> None:
        """Read again, if this status says that the shown chart is old."""
        self._present = status.run_id
        seen = (self._run, status.run_id, status.jobs_by_status)
        if self.workflow is None or monotonic() < self._next_reading:
            return
        if not status.jobs_by_status or seen != self._seen:
            self._seen = seen
            self._look(self.workflow, self._run)

    @work
    async def _look(self, workflow: Workflow, run_id: int | None) -> None:
        began = monotonic()
        try:
            read = await self.requests.ask(
                lambda client: _look_at(client, id_of(workflow), run_id), slot="timeline"
            )
        except TorcError as error:
            self._seen = None
            self.post_message(Notice(error))
            return
        now = monotonic()
        self._next_reading = now + max(_LEAST_PAUSE_S, _REST * (now - began))
        if self.workflow is workflow and self._run == run_id:
            self._read = read
            self._show_lines()

    def _show_lines(self) -> None:
        if self._read is None:
            self._shown = TimelineLines()
        else:
            if self._folded is None:
                self._folded = usually_folded(self._read.timeline)
            self._shown = timeline_lines(
                self._read.timeline, self._folded, self._read.usage, time.time()
            )
        self.lines.show_lines(len(self._shown.lines), self._shown.cells)
        self._show_about()
        self.post_message(LimitsChanged())

    @on(LineList.Moved)
    def _show_about(self) -> None:
        lines, at = self._shown.lines, self.lines.cursor or 0
        if at < len(lines):
            self.about.show(*about_line(lines[at], time.time()))
        elif self._read is not None:
            self.about.show(Cell(f" Nothing has run in run {self._read.timeline.run_id}.", QUIET))
        else:
            self.about.show()

    @on(LineList.Chosen)
    def action_timeline_fold(self) -> None:
        """Fold or unfold the node under the cursor."""
        lines, at = self._shown.lines, self.lines.cursor or 0
        node = lines[at].node if at < len(lines) else None
        if node is not None and self._folded is not None:
            self._folded ^= {node.node_id}
            self._show_lines()

    def action_run_older(self) -> None:
        """Show the run before."""
        self._show_run((self._present if self._run is None else self._run) - 1)

    def action_run_newer(self) -> None:
        """Show the run after."""
        self._show_run((self._present if self._run is None else self._run) + 1)

    def _show_run(self, run_id: int) -> None:
        if not 0 <= run_id <= self._present:
            which = "older" if run_id < 0 else "newer"
            self.post_message(Notice(f"There is no {which} run."))
            return
        self._run = None if run_id == self._present else run_id
        self._folded = None
        if self.workflow is not None:
            self._look(self.workflow, self._run)


def _look_at(client: TorcClient, workflow_id: WorkflowId, run_id: int | None) -> _Read:
    timeline = read_timeline(client, workflow_id, run_id)
    try:
        usage = read_node_usage(find_samples(client, workflow_id))
    except TorcError:  # without samples the chart is as good
        usage = {}
    return _Read(timeline, usage)
