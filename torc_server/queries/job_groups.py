"""Groups of jobs whose names differ in their numbers alone, and how far each is."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import BindParameter, Connection, bindparam, func, select

from torc_core.model.ids import JobGroupId, JobId, RequirementsId, WorkflowId
from torc_core.model.job import JobGroup
from torc_core.model.page import Page
from torc_core.model.status import SETTLED, JobStatus
from torc_server.records.pages import Paging, fetch_page
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.group_needs import group_needs
from torc_server.storage.mapping import TableMapping
from torc_server.storage.statements import Prepared

MOST_GROUPS = 10_000
"""With more groups, what they depend on is not worked out."""

_job = tables.job.c
_GROUP = TableMapping(wire=JobGroup, table=tables.job_group)
_IS_ONE_OF: BindParameter[Any] = bindparam("ids", expanding=True)
_COUNTS = Prepared(
    select(
        _job.group_id,
        _job.status,
        _job.resource_requirements_id,
        func.count().label("jobs"),
        func.min(_job.id).label("first"),
    )
    # The index of claims has all of this; by their own index, each job would be read.
    .where(_job.workflow_id == bindparam("within"), (_job.group_id + 0).in_(_IS_ONE_OF))
    .group_by(_job.group_id, _job.status, _job.resource_requirements_id)
)
_NAMES = Prepared(select(_job.id, _job.name).where(_job.id.in_(_IS_ONE_OF)))


class _Counted(NamedTuple):
    jobs: dict[str, int]
    requirements: set[RequirementsId]
    first: JobId


def list_job_groups(
    connection: Connection, workflow_id: WorkflowId, paging: Paging
) -> Page[JobGroup]:
    """Return a page of the groups of a workflow, those first that were made first.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: There is no such field to sort by.
    """
    workflow = find_workflow(connection, workflow_id)
    page = fetch_page(connection, _GROUP, (), paging, within=workflow)
    items = _with_counts(connection, workflow_id, page.items)
    if page.total_count <= MOST_GROUPS:
        needs = group_needs(connection, workflow)
        items = [
            replace(group, needed_group_ids=sorted(needs.get(group.id, ()))) for group in items
        ]
    return replace(page, items=items)


def _with_counts(
    connection: Connection, workflow_id: WorkflowId, groups: list[JobGroup]
) -> list[JobGroup]:
    """Return groups with what is counted of their jobs, and the names of jobs that are alone."""
    counted = _count(connection, workflow_id, [group.id for group in groups])
    alone = {each.first for each in counted.values() if sum(each.jobs.values()) == 1}
    names = dict(_NAMES.all_of(connection, alone))
    return [
        replace(
            group,
            name=names.get(found.first, group.name),
            jobs_by_status=found.jobs,
            first_job_id=found.first,
            requirements_ids=sorted(found.requirements),
        )
        if (found := counted.get(group.id))
        else group
        for group in groups
    ]


def _count(
    connection: Connection, workflow_id: WorkflowId, group_ids: list[JobGroupId]
) -> dict[JobGroupId, _Counted]:
    """Return what there is of each group that has jobs."""
    counted: dict[JobGroupId, _Counted] = {}
    for row in _COUNTS.all_of(connection, group_ids, within=workflow_id):
        before = counted.get(row.group_id) or _Counted({}, set(), row.first)
        status = JobStatus.from_number(row.status)
        before.jobs[status] = before.jobs.get(status, 0) + row.jobs
        if status not in SETTLED:
            before.requirements.add(row.resource_requirements_id)
        first = min(before.first, row.first)
        counted[row.group_id] = before._replace(first=first)
    return counted
