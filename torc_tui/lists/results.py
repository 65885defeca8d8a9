"""The list of the results of a workflow: one per completed attempt."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from torc_core.client import TorcClient
from torc_core.diagnosis.words import code_words
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_core.model.result import Result
from torc_core.units import format_bytes, format_seconds
from torc_tui.lists.cells import BROKEN_TONE, ID, NOT_KNOWN, item_id, moment_cell, status_cell
from torc_tui.lists.chosen_jobs import names_near
from torc_tui.lists.filters import job_status, text_of, whole_number
from torc_tui.lists.listing import Column, ListFilter, Listing, Query
from torc_tui.theme import Cell


def _return_code_cell(result: Result) -> Cell:
    return Cell(str(result.return_code), BROKEN_TONE if result.return_code else "")


def peak_memory(result: Result) -> str | None:
    """Return the most memory that an attempt used, in its unit."""
    size = result.peak_memory_bytes
    return None if size is None else format_bytes(size)


def peak_cpu(result: Result) -> str | None:
    """Return the most CPU that an attempt used; 100% is one core."""
    share = result.peak_cpu_percent
    return None if share is None else f"{share:.0f}%"


def duration(result: Result) -> str:
    """Return how long an attempt ran."""
    return format_seconds(max(0.0, result.exec_time_minutes * 60))


_JOB = Column("Job", attrgetter("job_id"), sort_by="job_id", is_number=True)
_NAME = Column("Name", lambda result: result.job_name or NOT_KNOWN.text, shrink_to=10)
_WHY = Column("Why", lambda result: code_words(result.return_code), rank=4)
_RUN = Column("Run", attrgetter("run_id"), sort_by="run_id", is_number=True, rank=1)
_ATTEMPT = Column(
    "Try", attrgetter("attempt_id"), heading="ATTEMPT", sort_by="attempt_id", is_number=True, rank=1
)
_STATUS = Column(
    "Status",
    attrgetter("status"),
    lambda result: status_cell(result.status),
    sort_by="status",
    min_width=12,
)
_RETURN_CODE = Column(
    "Exit",
    attrgetter("return_code"),
    _return_code_cell,
    heading="CODE",
    sort_by="return_code",
    is_number=True,
)
_TIME = Column("Time", duration, sort_by="exec_time_minutes", is_number=True)
_MEMORY = Column("Peak mem", peak_memory, sort_by="peak_memory_bytes", is_number=True, rank=1)
_CPU = Column("Peak CPU", peak_cpu, sort_by="peak_cpu_percent", is_number=True, rank=2)
_ENDED = Column(
    "Ended",
    attrgetter("completion_time"),
    moment_cell("completion_time"),
    sort_by="completion_time",
    rank=3,
)


def _page(client: TorcClient, workflow_id: WorkflowId, **query: Any) -> Page[Result]:
    """Return a page of results; names of jobs are looked up where the server says none."""
    page = client.list_results(workflow_id, **{"all_runs": True, **query})
    unnamed = {result.job_id for result in page.items if result.job_name is None}
    if not unnamed:
        return page
    names = names_near(client, workflow_id, unnamed)
    items = [
        replace(result, job_name=result.job_name or names.get(result.job_id))
        for result in page.items
    ]
    return replace(page, items=items)


_COLUMNS = (_JOB, _RUN, _ATTEMPT, _STATUS, _RETURN_CODE, _TIME, _MEMORY, _CPU, _ENDED)

RESULTS = Listing(
    name="Results",
    columns=(_JOB, _NAME, *_COLUMNS[1:], _WHY),
    printed=(ID, *_COLUMNS),
    page=_page,
    key=item_id,
    filters=(
        ListFilter("status", "Status", text_of("status"), job_status, may_exclude=True),
        ListFilter(
            "return_code",
            "Exit code",
            lambda result: str(result.return_code),
            whole_number,
            may_exclude=True,
        ),
        ListFilter("run_id", "Run", lambda result: str(result.run_id), whole_number),
        ListFilter(
            "job_id", "Job", lambda result: str(result.job_id), whole_number, may_exclude=True
        ),
    ),
    order=Query(sort_by="id", reverse=True),
)
