"""The list of the jobs of a workflow."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from torc_core.client import TorcClient
from torc_core.model.ids import JobGroupId, WorkflowId
from torc_core.model.job import Job
from torc_core.model.page import Page
from torc_tui.lists.attempts.columns import (
    DURATION,
    ENDED,
    EXIT,
    HELD_BY,
    ORIGIN,
    PEAK_CPU,
    PEAK_MEMORY,
    PRIORITY,
    RESULTS,
    RUN,
    STARTED,
    needs_column,
    node_column,
    why_column,
)
from torc_tui.lists.attempts.names import Names
from torc_tui.lists.cells import ID, item_id, quiet_cell, status_cell
from torc_tui.lists.filters import job_status, text_of
from torc_tui.lists.listing import Column, ListFilter, Listing
from torc_tui.theme import QUIET, Cell


def _attempt_cell(job: Job) -> Cell:
    return Cell(str(job.attempt_id), "yellow" if job.attempt_id > 1 else QUIET)


_NAME = Column("Name", attrgetter("name"), sort_by="name", shrink_to=12, max_width=36)
_STATUS = Column(
    "Status",
    attrgetter("status"),
    lambda job: status_cell(job.status),
    sort_by="status",
    min_width=12,
)
_TRY = Column(
    "Try",
    attrgetter("attempt_id"),
    _attempt_cell,
    heading="ATTEMPT",
    sort_by="attempt_id",
    is_number=True,
    rank=2,
)
_COMMAND = Column(
    "Command",
    attrgetter("command"),
    quiet_cell("command"),
    sort_by="command",
    shrink_to=16,
    max_width=200,
    rank=1,
)


def jobs_of_group(
    client: TorcClient, workflow_id: WorkflowId, *, of: JobGroupId, **query: Any
) -> Page[Job]:
    """Return a page of the jobs of a group.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    return client.list_jobs(workflow_id, group_id=of, **query)


def _all_jobs(client: TorcClient, workflow_id: WorkflowId, **query: Any) -> Page[Job]:
    return client.list_jobs(workflow_id, **query)


def jobs_listing(names: Names, source: Callable[..., Page[Job]] = _all_jobs) -> Listing:
    """Return the list; it asks for names that it needs and does not know.

    Args:
        names: Those that are known.
        source: Returns a page of jobs.
    """

    def page(
        client: TorcClient,
        workflow_id: WorkflowId,
        *,
        node_names: bool = False,
        needs: bool = False,
        reasons: bool = False,
        **query: Any,
    ) -> Page[Job]:
        if node_names or reasons:
            query[RESULTS] = True
        if reasons:
            query[HELD_BY] = True
        found = source(client, workflow_id, **query)
        if node_names:
            names.learn_nodes(client, workflow_id, found.items)
        if reasons:
            names.learn_reasons(client, workflow_id, found.items)
        if needs:
            names.learn_requirements(client, workflow_id, found.items)
        return found

    more = (STARTED, ENDED, needs_column(names), PRIORITY, RUN, ORIGIN)
    return Listing(
        name="Jobs",
        columns=(
            ID, _NAME, _STATUS, _TRY, DURATION, EXIT, PEAK_MEMORY, PEAK_CPU, node_column(names),
            why_column(names), _COMMAND,
        ),
        more=more,
        printed=(ID, _NAME, _STATUS, _TRY, _COMMAND),
        page=page,
        key=item_id,
        filters=(
            ListFilter("name", "Name", text_of("name"), may_exclude=True),
            ListFilter("status", "Status", text_of("status"), job_status, may_exclude=True),
            ListFilter("command", "Command", text_of("command"), may_exclude=True),
        ),
        alike=1,
    )  # fmt: skip


JOBS = jobs_listing(Names())
