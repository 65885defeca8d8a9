"""The open workflow: its tabs, and, where there is room, a preview and the latest events."""

from __future__ import annotations

from collections.abc import Callable

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Vertical

from torc_core.errors import NotFoundError, TorcError
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.slurm.queue_watch import QueueLook, QueueWatch
from torc_tui.feed import EventFeed
from torc_tui.panes.events import LatestEvents
from torc_tui.panes.jobs import JobsTab
from torc_tui.panes.messages import LimitsChanged, StateChanged, WorkflowGone
from torc_tui.panes.preview import JobPreview
from torc_tui.panes.tabbed import TabbedPane
from torc_tui.panes.tabs import TABS
from torc_tui.requests import Requests
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
        self.feed: EventFeed | None = None
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
        self.feed = self.workflow = self.status = self.queue = None
        if self.is_mounted:
            self.details.open(None)
            self.preview.show()

    def on_state_changed(self) -> None:
        """The workflow has changed on the server."""
        self._news()

    def on_unmount(self) -> None:
        """End the event stream."""
        if self.feed is not None:
            self.feed.close()

    def refresh_content(self) -> None:
        """Ask again for all that is in sight; what looks the same is not repainted."""
        if self.feed is not None:
            self.feed.acknowledge()
        if self.workflow is None:
            return
        self._load_status(self.workflow)
        if self.details.is_on_screen:
            self._look_at_queue(self.workflow)
        for pane in (self.details.tab, self.latest):
            if pane.is_on_screen:
                pane.refresh_content()
        self.follow_cursor()

    @on(RowTable.CursorMoved)
    def follow_cursor(self) -> None:
        """Show more of the job under the cursor."""
        self.preview.follow(self.details.tab_of(JobsTab).job_under_cursor(), self.queue)

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
                self.status = status
                self.details.show_workflow(workflow, status)
                self.post_message(LimitsChanged())
