"""A job at a glance, while there is room for it."""

from __future__ import annotations

from time import monotonic

from textual import work
from textual.timer import Timer

from torc_core.errors import TorcError
from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_core.model.status import SETTLED
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_tui.panes.base import REST_S
from torc_tui.requests import Requests
from torc_tui.state.logs.glance import glance_cells
from torc_tui.state.logs.preview import preview_text
from torc_tui.theme import Cell
from torc_tui.widgets.line import Line

_TRUSTED_S = 10.0
"""After so long the output of a job that is over is read again: it may come late."""
_LEAST_ROWS, _MOST_ROWS = 6, 12
"""Within its frame: for the facts, and for the tail of what a job wrote."""


class JobPreview(Line):
    """Facts about a job and the tail of its output; in one row, what matters most of it.

    It becomes as high as the jobs need that were shown.

    Args:
        requests: Asks the server.
        id: The id of the widget.
    """

    def __init__(self, requests: Requests, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._requests = requests
        self._timer: Timer | None = None
        self._seen: object = None
        """What the text comes from."""
        self._seen_until = 0.0
        self._rows = _LEAST_ROWS

    def on_mount(self) -> None:
        """Show the title."""
        self.border_title = "Job"

    def forget(self) -> None:
        """Show nothing, and take little room until a job needs more."""
        self.clear()
        self._take(_LEAST_ROWS)

    def _take(self, rows: int) -> None:
        """Take so many rows."""
        self._rows = rows
        for number in range(_LEAST_ROWS, _MOST_ROWS + 1):
            self.set_class(number == rows, f"-rows-{number}")

    @property
    def is_row(self) -> bool:
        """Whether there is one row, which shall say nothing about a job that is out of sight."""
        return self.size.height <= 1

    def clear(self) -> None:
        """Show nothing, also of a job that was to be shown."""
        self._stop_waiting()
        self.workers.cancel_group(self, "job")
        self.show()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def follow(self, job: Job | None, queue: QueueLook | None) -> None:
        """Show a job and what it waits for, unless another one comes before the cursor rests."""
        self._stop_waiting()
        if job is not None and self.is_on_screen and not self._is_seen(job):
            self._seen = None
            self._timer = self.set_timer(REST_S, lambda: self._load(job, queue))

    def _is_seen(self, job: Job) -> bool:
        """Whether the job is shown, and is over, so that there is hardly more to say of it."""
        is_same = self._seen == self._view_of(job) and monotonic() < self._seen_until
        return is_same and job.status in SETTLED

    def _view_of(self, job: Job) -> object:
        return job, self.size.width, self.is_row

    def show(self, *cells: Cell | str) -> None:
        """Show something else."""
        self._seen = None
        super().show(*cells)

    def _load(self, job: Job, queue: QueueLook | None) -> None:
        self._timer = None
        self._show_job(job, queue)

    @work(exclusive=True, group="job")
    async def _show_job(self, job: Job, queue: QueueLook | None) -> None:
        view = self._view_of(job)
        width, height = self.size.width, 1 if self.is_row else _MOST_ROWS
        try:
            cells = await self._requests.ask(
                lambda client: (
                    glance_cells(client, id_of(job), width)
                    if height <= 1
                    else preview_text(client, id_of(job), width, height, queue)
                ),
                slot="preview",
            )
        except TorcError:  # the list of jobs reports it too
            return
        if not self.is_row:
            needed = 1 + sum(cell.text == "\n" for cell in cells)
            # Never fewer than before, so that the list does not move at each step of its cursor.
            self._take(max(self._rows, min(needed, _MOST_ROWS)))
        self.show(*cells)
        self._seen, self._seen_until = view, monotonic() + _TRUSTED_S
