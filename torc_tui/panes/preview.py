"""A job at a glance, while there is room for it."""

from __future__ import annotations

from textual import work
from textual.timer import Timer

from torc_core.errors import TorcError
from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_tui.requests import Requests
from torc_tui.state.logs.preview import preview_text
from torc_tui.widgets.line import Line

REST_S = 0.15
"""A cursor that rests so long is followed."""


class JobPreview(Line):
    """Facts about a job and the tail of its output.

    Args:
        requests: Asks the server.
        id: The id of the widget.
    """

    def __init__(self, requests: Requests, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._requests = requests
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        """Show the title."""
        self.border_title = "Job"

    def follow(self, job: Job | None, queue: QueueLook | None) -> None:
        """Show a job and what it waits for, unless another one comes before the cursor rests."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if job is not None and self.is_on_screen:
            self._timer = self.set_timer(REST_S, lambda: self._load(job, queue))

    def _load(self, job: Job, queue: QueueLook | None) -> None:
        self._timer = None
        self._show_job(job, queue)

    @work
    async def _show_job(self, job: Job, queue: QueueLook | None) -> None:
        width, height = self.size
        try:
            cells = await self._requests.ask(
                lambda client: preview_text(client, id_of(job), width, height, queue),
                slot="preview",
            )
        except TorcError:  # the list of jobs reports it too
            return
        self.show(*cells)
