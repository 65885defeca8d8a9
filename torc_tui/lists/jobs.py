"""The list of the jobs of a workflow."""

from __future__ import annotations

from operator import attrgetter

from torc_core.model.job import Job
from torc_tui.lists.cells import ID, item_id, quiet_cell, status_cell
from torc_tui.lists.filters import job_status, text_of
from torc_tui.lists.listing import Column, ListFilter, Listing
from torc_tui.theme import QUIET, Cell


def _attempt_cell(job: Job) -> Cell:
    return Cell(str(job.attempt_id), "yellow" if job.attempt_id > 1 else QUIET)


JOBS = Listing(
    name="Jobs",
    columns=(
        ID,
        Column("Name", attrgetter("name"), sort_by="name", shrink_to=12, max_width=36),
        Column(
            "Status",
            attrgetter("status"),
            lambda job: status_cell(job.status),
            sort_by="status",
            min_width=12,
        ),
        Column(
            "Try",
            attrgetter("attempt_id"),
            _attempt_cell,
            heading="ATTEMPT",
            sort_by="attempt_id",
            is_number=True,
            rank=2,
        ),
        Column(
            "Command",
            attrgetter("command"),
            quiet_cell("command"),
            sort_by="command",
            max_width=200,
            rank=1,
        ),
    ),
    page=lambda client, workflow_id, **query: client.list_jobs(workflow_id, **query),
    key=item_id,
    filters=(
        ListFilter("name", "Name", text_of("name")),
        ListFilter("status", "Status", text_of("status"), job_status),
        ListFilter("command", "Command", text_of("command")),
    ),
    alike=1,
)
