"""Jobs whose ids are known, in few requests: most have ids in a row."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.page import Page

_SPAN = 1_000
"""The most jobs that are asked for at once."""


def chosen_jobs(
    client: TorcClient,
    workflow_id: WorkflowId,
    *,
    of: Sequence[JobId],
    offset: int = 0,
    limit: int = 0,
    **query: Any,
) -> Page[Job]:
    """Return a page of a list of some jobs of a workflow, in their order.

    Most have ids in a row, and so are on one page of the list of all.

    Args:
        client: The client.
        workflow_id: The workflow.
        of: The ids, in ascending order.
        offset: How many to leave out.
        limit: The most to return.
        **query: Of it, only what else is asked for of each job.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    ids = of[offset : offset + limit]
    found = {} if not ids else {job.id: job for job in _near(client, workflow_id, ids, query)}
    jobs = []
    for job_id in ids:
        with contextlib.suppress(NotFoundError):  # it was deleted
            jobs.append(found.get(job_id) or client.get_job(job_id))
    return Page(items=jobs, offset=offset, count=len(jobs), total_count=len(of))


def names_near(
    client: TorcClient, workflow_id: WorkflowId, ids: Collection[JobId]
) -> dict[int, str]:
    """Return the names of jobs by their ids, of as many as one request finds.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    jobs = _near(client, workflow_id, sorted(ids), {})
    return {id_of(job): job.name for job in jobs}


def _near(
    client: TorcClient, workflow_id: WorkflowId, ids: Sequence[JobId], query: Mapping[str, Any]
) -> list[Job]:
    """Return jobs among which those with these ascending ids probably are."""
    first = client.list_jobs(workflow_id, sort_by="id", limit=1).items
    before = ids[0] - id_of(first[0]) if first else 0
    span = min(ids[-1] - ids[0] + 1, _SPAN)
    page = client.list_jobs(
        workflow_id,
        sort_by="id",
        offset=max(0, before),
        limit=span,
        include_latest_results=query.get("include_latest_results"),
        include_held_by=query.get("include_held_by"),
    )
    return page.items
