"""The open workflow: its tabs, and, where there is room, a preview and the latest events."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from torc_core.errors import NotFoundError, TorcError
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.event_feed import EventFeed
from torc_core.operations.progress.groups import Overview
from torc_core.operations.progress.read import read_overview
from torc_core.operations.slurm.queue_watch import QueueLook, QueueWatch
from torc_tui.panes.base import TabShown
from torc_tui.panes.messages import (
    LimitsChanged,
    OverviewWanted,
    StateChanged,
    WorkflowGone,
)
from torc_tui.panes.preview import JobPreview
from torc_tui.panes.tabbed import TabbedPane
from torc_tui.panes.tabs.all import TABS
from torc_tui.panes.tabs.events import EventsTab, LatestEvents
from torc_tui.panes.tabs.jobs import JobsTab
from torc_tui.requests import Requests
from torc_tui.state.overview.pace import Pace
from torc_tui.widgets.line_list import LineList
from torc_tui.widgets.row_table import RowTable


class OpenedPane(Vertical):
    """One workflow, kept up to date by its events.

    Args:
        requests: Asks the server.
        news: Called when the workflow has changed.
        watch: Asks Slurm for the allocations of the workflow.
        id: The id of the widget.
    """

    details = getters.query_one(TabbedPane)
    preview = getters.query_one(JobPreview)
    latest = getters.query_one(LatestEvents)

    def __init__(
        self,
        requests: Requests,
        news: Callable[[], None],
        watch: QueueWatch,
        *,
        id: str,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._watch = watch
        self._news = news
        self._requests = requests
        self.workflow: Workflow | None = None
        self.status: WorkflowStatus | None = None
        self.took_s = 0.0
        """How long the server took to count the jobs, when it was last asked."""
        self.feed: EventFeed | None = None
        self.overview: Overview | None = None
        self._pace = Pace()
        self._is_too_large = False
        """Whether there are too many jobs to read, and the server does not group them."""
        self._look_timer: Timer | None = None
        self.queue: QueueLook | None = None
        """What Slurm says of the allocations; None where there is nothing to ask."""

    def compose(self) -> ComposeResult:
        """Lay out: tabs, preview, latest events."""
        yield TabbedPane(TABS, self._requests, id="details")
        yield JobPreview(self._requests, id="preview")
        yield LatestEvents(self._requests, id="ticker")

    def open(self, workflow: Workflow) -> None:
        """Show another workflow and listen to its events."""
        self.close()
        self.workflow = workflow
        self.feed = EventFeed(
            self._requests.client, id_of(workflow), lambda: self.post_message(StateChanged())
        )
        self.details.open(workflow)
        self.latest.open(workflow)

    def close(self) -> None:
        """Show no workflow any more."""
        if self.feed is not None:
            self.feed.close()
        self.feed = self.workflow = self.status = self.queue = self.overview = None
        self.took_s = 0.0
        self._pace = Pace()
        self._is_too_large = False
        if self.is_mounted:
            self.details.open(None)
            self.preview.forget()

    def on_state_changed(self) -> None:
        """The workflow has changed on the server."""
        self._news()

    def on_tab_shown(self, shown: TabShown) -> None:
        """Leave room for what is in sight: it may have no jobs, or be the events themselves."""
        self.set_class(not shown.tab.shows_jobs, "-jobless")
        self.set_class(isinstance(shown.tab, EventsTab), "-events")

    def on_unmount(self) -> None:
        """End the event stream."""
        if self.feed is not None:
            self.feed.close()

    def refresh_content(self) -> None:
        """Ask again for all that is in sight; what looks the same is not repainted."""
        if self.feed is not None:
            self.feed.acknowledge()
            events = self.details.tab_of(EventsTab)
            if events.is_attached:
                events.show_live(is_live=self.feed.is_live)
        if self.workflow is None:
            return
        self._load_status(self.workflow)
        if self.details.is_on_screen:
            self._look_at_queue(self.workflow)
        for pane in (self.details.tab, self.latest):
            if pane.is_on_screen:
                pane.refresh_content()
        self.follow_cursor()

    @on(LineList.Moved)
    @on(RowTable.CursorMoved)
    def follow_cursor(self) -> None:
        """Show more of the job under the cursor."""
        job = self.details.tab.job_under_cursor()
        if job is None and self.preview.is_row:
            self.preview.clear()
        else:
            other = self.details.tab_of(JobsTab).job_under_cursor()
            self.preview.follow(job or other, self.queue)

    @work
    async def _look_at_queue(self, workflow: Workflow) -> None:
        try:
            look = await self._requests.ask(
                lambda client: self._watch.look(client, id_of(workflow)), slot="queue"
            )
        except TorcError:  # the head of the screen shows whether the server answers
            return
        if self.workflow is workflow and (look or self.queue):
            self.queue = look
            self.details.show_queue(look)
            self.post_message(LimitsChanged())

    @work
    async def _load_status(self, workflow: Workflow) -> None:
        began = monotonic()
        try:
            status = await self._requests.ask(
                lambda client: client.get_workflow_status(id_of(workflow)), slot="status"
            )
        except NotFoundError:
            if self.workflow is workflow:
                self.post_message(WorkflowGone())
        except TorcError:  # the head of the screen shows whether the server answers
            return
        else:
            if self.workflow is workflow:
                self.took_s = monotonic() - began
                self.status = status
                self.details.show_workflow(workflow, status)
                self.post_message(LimitsChanged())
                self._look_at_jobs(workflow, status)

    @on(OverviewWanted)
    def _read_anew(self) -> None:
        self._pace.forget()
        self._look_again()

    def _look_at_jobs(self, workflow: Workflow, status: WorkflowStatus) -> None:
        """Read all jobs, if something in sight needs that and it is time."""
        is_needed = self.details.needs_overview
        if self._is_too_large and not self.details.tab.needs_overview:
            return
        if self.details.is_on_screen and self._pace.begins(status, monotonic(), is_needed):
            self._load_overview(workflow, status, self._pace)
        elif is_needed and self._look_timer is None:
            pause_s = self._pace.pause_s(monotonic(), is_needed)
            if pause_s > 0:
                self._look_timer = self.set_timer(pause_s, self._look_again)

    def _look_again(self) -> None:
        self._look_timer = None
        if self.workflow is not None and self.status is not None:
            self._look_at_jobs(self.workflow, self.status)

    @work
    async def _load_overview(self, workflow: Workflow, status: WorkflowStatus, pace: Pace) -> None:
        before, reads_part = self.overview, self.details.tab.needs_overview
        try:
            overview = await self._requests.ask(
                lambda client: read_overview(
                    client, id_of(workflow), status.run_id, before, reads_part=reads_part
                ),
                slot="overview",
            )
        except TorcError:  # the head of the screen shows whether the server answers
            pace.ended(monotonic(), is_answered=False)
            return
        pace.ended(monotonic(), is_answered=True)
        if self.workflow is not workflow:
            return
        if overview is None:
            self._is_too_large = True
        else:
            self.overview = overview
            self.details.show_overview(overview)
