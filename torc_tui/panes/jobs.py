"""The jobs of a workflow, and what can be done to them."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work

from torc_core.errors import TorcError
from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_tui.lists.jobs import JOBS
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.messages import Notice
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.texts import facts_text, job_text
from torc_tui.terminal import clean


class JobsTab(ListPane):
    """Jobs; actions go to the marked ones, else to the one under the cursor."""

    listing = JOBS
    hint_groups = ("Job", "Lists", "View")

    def selected_jobs(self) -> Sequence[Job]:
        """Return the marked jobs, else the one under the cursor."""
        table = self.table
        marked = [row.item for row in table.window.rows() if row.key in table.marks]
        job = self.job_under_cursor()
        return marked or ([job] if job else [])

    def job_under_cursor(self) -> Job | None:
        """Return the job under the cursor, if its row is known."""
        row = self.table.cursor_row
        job: Job | None = row and row.item
        return job

    def action_open(self) -> None:
        """Show all about the job."""
        job = self.job_under_cursor()
        if job is not None:
            self._read_job(job)

    @work
    async def _read_job(self, job: Job) -> None:
        queue = self.queue
        try:
            fresh, facts = await self.requests.ask(
                lambda client: job_text(client, id_of(job), queue)
            )
        except TorcError as error:
            self.post_message(Notice(error))
            return
        title = f"{clean(fresh.name)} ▸ details"
        self.app.push_screen(Reader(title, lambda width: facts_text(facts, width)))
