"""The list of workflows."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from torc_core.model.status import FAILURES, JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import count, percent_completed
from torc_tui.lists.cells import BROKEN_TONE, ID, NOT_KNOWN, item_id, quiet_cell
from torc_tui.lists.filters import text_of, yes_or_no
from torc_tui.lists.job_counts import state_of
from torc_tui.lists.listing import Column, ListFilter, Listing, Query, text_filter
from torc_tui.theme import WORKFLOW_LOOK, Cell


def _state(workflow: Workflow) -> str | None:
    if workflow.is_archived:
        return "archived"
    if workflow.job_counts is None:
        return None
    return state_of(workflow.job_counts, is_canceled=bool(workflow.is_canceled))


def _state_cell(workflow: Workflow) -> Cell:
    state = _state(workflow)
    if state is None:
        return NOT_KNOWN
    look = WORKFLOW_LOOK[state]
    return Cell(f"{look.glyph} {state}", look.tone)


def _percent_cell(workflow: Workflow) -> Cell:
    if workflow.job_counts is None:
        return NOT_KNOWN
    return Cell(f"{percent_completed(workflow.job_counts)}%" if workflow.job_counts else "")


def _failed_cell(workflow: Workflow) -> Cell:
    if workflow.job_counts is None:
        return NOT_KNOWN
    failed = count(workflow.job_counts, FAILURES)
    return Cell(f"{failed:,}" if failed else "", BROKEN_TONE)


def _jobs_cell(workflow: Workflow) -> Cell:
    if workflow.job_counts is None:
        return NOT_KNOWN
    return Cell(f"{sum(workflow.job_counts.values()):,}")


def _counted(*statuses: JobStatus) -> Callable[[Workflow], int | str]:
    """Return what counts the jobs of a workflow in these statuses, where the server does."""

    def of(workflow: Workflow) -> int | str:
        counts = workflow.job_counts
        return NOT_KNOWN.text if counts is None else count(counts, statuses)

    return of


_NAME = Column("Name", attrgetter("name"), sort_by="name", shrink_to=14, max_width=32)
_STATE = Column("State", _state, _state_cell, min_width=10)
_DONE = Column("Done", _counted(JobStatus.COMPLETED), _percent_cell, is_number=True)
_FAIL = Column("Fail", _counted(*FAILURES), _failed_cell, heading="FAILED", is_number=True)
_JOBS = Column("Jobs", _counted(*JobStatus), _jobs_cell, is_number=True, rank=1)
_USER = Column("User", attrgetter("user"), quiet_cell("user"), sort_by="user", max_width=16, rank=2)
_CREATED = Column("Created", attrgetter("timestamp"))
_DESCRIPTION = Column(
    "Description",
    attrgetter("description"),
    quiet_cell("description"),
    sort_by="description",
    max_width=60,
    rank=3,
)

WORKFLOWS = Listing(
    name="Workflows",
    columns=(ID, _NAME, _STATE, _DONE, _FAIL, _JOBS, _USER, _DESCRIPTION),
    printed=(ID, _NAME, _USER, _JOBS, _DONE, _FAIL, _CREATED, _DESCRIPTION),
    page=lambda client, _workflow_id, **query: client.list_workflows(
        include_job_counts=True, **query
    ),
    key=item_id,
    filters=(
        text_filter("name", "Name", text_of("name")),
        ListFilter("description", "Description", text_of("description"), may_exclude=True),
        text_filter("user", "User", text_of("user")),
        ListFilter(
            "is_archived",
            "Archived (yes, no)",
            lambda workflow: "yes" if workflow.is_archived else "no",
            yes_or_no,
        ),
    ),
    order=Query(sort_by="id", reverse=True, filters={"is_archived": "no"}),
)
