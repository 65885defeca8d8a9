"""The jobs of a workflow, and what can be done to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual import work

from torc_core.model.ids import JobGroupId, JobId, id_of
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_tui.keys.awaited import AWAITED
from torc_tui.lists.attempts.names import Names
from torc_tui.lists.chosen_jobs import chosen_jobs
from torc_tui.lists.failed.next_failed import has_failed, next_failed, next_failed_job
from torc_tui.lists.jobs import JOBS, jobs_listing, jobs_of_group
from torc_tui.lists.listing import Listing, Query
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.tabs.details import show_job
from torc_tui.requests import Requests
from torc_tui.terminal import clean
from torc_tui.theme import Cell


class JobsTab(ListPane):
    """Jobs; actions go to the marked ones, else to the one under the cursor."""

    shows_jobs = True
    listing = JOBS
    hint_groups = ("Job", "Lists", "View")

    def __init__(self, requests: Requests) -> None:
        super().__init__(requests)
        self._only: Sequence[JobId] | JobGroupId | None = None
        self._only_name = ""
        self._names = Names()

    def open(self, workflow: Workflow | None) -> None:
        """Forget which jobs of the last workflow were listed, and names on its server."""
        self._only = None
        self._names = Names()
        super().open(workflow)

    def show_only(self, job_ids: Sequence[JobId], name: str) -> None:
        """List only some jobs, by id, until the filter is cleared or another one set.

        Args:
            job_ids: In ascending order.
            name: What they are.
        """
        self._only, self._only_name = job_ids, name
        super().show_query(self.listing.order)

    def show_group(self, group_id: JobGroupId, name: str) -> None:
        """List only the jobs of a group, in any order, until the filter is cleared."""
        self._only, self._only_name = group_id, name
        super().show_query(self.first_query())

    def show_query(self, query: Query, *, is_typed: bool = False) -> None:
        """Show the rows of another query, among all jobs or those of a group."""
        if not isinstance(self._only, int):
            self._only = None
        super().show_query(query, is_typed=is_typed)

    def clear_limits(self) -> bool:
        """Show all rows in the usual order; return whether that is something else than before."""
        if self._only is None:
            return super().clear_limits()
        self._only = None
        self.show_query(self.first_query())
        return True

    def limits(self) -> list[Cell]:
        """Return filters, how many rows there are, and marks."""
        only = [] if self._only is None else [Cell(f"  only: {clean(self._only_name)}", "yellow")]
        return [*only, *super().limits()]

    def present_listing(self) -> Listing:
        """Return all jobs, or those that are listed only."""
        if self._only is None:
            return jobs_listing(self._names)
        if isinstance(self._only, int):
            return jobs_listing(self._names, partial(jobs_of_group, of=self._only))
        return jobs_listing(self._names, partial(chosen_jobs, of=self._only))

    def selected_jobs(self) -> Sequence[Job]:
        """Return the marked jobs, else the one under the cursor."""
        return self.chosen_items()

    def marked_jobs(self) -> Sequence[Job]:
        """Return the marked jobs."""
        return list(self.table.marks.values())

    def job_under_cursor(self) -> Job | None:
        """Return the job under the cursor, if its row is known."""
        row = self.table.cursor_row
        job: Job | None = row and row.item
        return job

    def action_next_failed(self) -> None:
        """Go to the next failed job of all."""
        job = self.job_under_cursor()
        if job is None or self._only is not None:
            self.go_to_next(partial(next_failed, is_failed=has_failed))
        else:
            self.go_to_next(partial(next_failed_job, job=job))

    def action_open(self) -> None:
        """Show all about the job."""
        row = self.row_under_cursor()
        if row is not None:
            self._read_job(row.item)

    @work(name=AWAITED)
    async def _read_job(self, job: Job) -> None:
        await show_job(self, id_of(job))
