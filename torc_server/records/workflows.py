"""Workflows and their status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.sql import ColumnElement

from torc_core.errors import UsageError
from torc_core.model.compute import AllocationStatus
from torc_core.model.execution import read_execution_config
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.page import Page
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow, WorkflowPatch, WorkflowStatus
from torc_core.variables import check_variables
from torc_server.records.pages import Paging, contains, fetch_page, lacks, named_filters
from torc_server.rules.attempts.packing import sort_method_of
from torc_server.rules.events import touch
from torc_server.rules.runs.times import run_times
from torc_server.rules.sharing import with_access_groups
from torc_server.rules.workflows import find_workflow, get_workflow, has_open_jobs, status_of
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import is_kept
from torc_server.storage.mapping import WORKFLOW
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.workflow import WorkflowRow

_workflow = tables.workflow.c
_job = tables.job.c
_node, _allocation = tables.compute_node.c, tables.scheduled_compute_node.c

_JOBS_BY_STATUS = Prepared(
    select(_job.workflow_id, _job.status, func.count())
    .where(_job.workflow_id.in_(bindparam("ids", expanding=True)))
    .group_by(_job.workflow_id, _job.status)
)
_ACTIVE_NODES = Prepared(
    select(func.count()).where(_node.workflow_id == bindparam("of_workflow"), _node.is_active)
)
_ALLOCATIONS_BY_STATUS = Prepared(
    select(_allocation.status, func.count())
    .where(_allocation.workflow_id == bindparam("of_workflow"))
    .group_by(_allocation.status)
)


_TEXTS = ("name", "user", "description")


class WorkflowFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which workflows a list contains."""

    name: str | None = None
    user: str | None = None
    description: str | None = None
    """A part of the description, in either case."""
    is_archived: bool | None = None
    contains: str | None = None
    """Which of the texts may be parts, in either case: `name` and `user`, joined by a comma."""
    excludes: str | None = None
    """Which of the texts leave out what they match, joined by commas."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a row has to meet.

        Raises:
            UsageError: `contains` or `excludes` names something else than a text.
        """
        conditions: list[ColumnElement[bool]] = [is_kept(_workflow.id)]
        parts = named_filters("contains", self.contains, _TEXTS) | {"description"}
        left_out = named_filters("excludes", self.excludes, _TEXTS)
        for name in _TEXTS:
            text, column = getattr(self, name), _workflow[name]
            if text is not None:
                selected = contains(column, text) if name in parts else column == text
                conditions.append(lacks(selected) if name in left_out else selected)
        if self.is_archived is not None:
            conditions.append(_workflow.is_archived == self.is_archived)
        return conditions


def list_workflows(
    connection: Connection, filters: WorkflowFilter, paging: Paging, *, include_job_counts: bool
) -> Page[Workflow]:
    """Return a page of workflows, on request each with its jobs counted by status."""
    page = fetch_page(connection, WORKFLOW, filters.conditions(), paging)
    page = msgspec.structs.replace(page, items=with_access_groups(connection, page.items))
    if not include_job_counts:
        return page
    counts = count_jobs(connection, [id_of(workflow) for workflow in page.items])
    items = [
        msgspec.structs.replace(workflow, job_counts=counts[id_of(workflow)])
        for workflow in page.items
    ]
    return msgspec.structs.replace(page, items=items)


def update_workflow(
    connection: Connection, workflow_id: WorkflowId, patch: WorkflowPatch
) -> Workflow:
    """Update what the patch states and return the workflow.

    Raises:
        NotFoundError: There is none with that id.
        UsageError: The sort method is unknown, or a variable or the way of execution is invalid.
    """
    find_workflow(connection, workflow_id)
    if patch.jobs_sort_method is not None:
        sort_method_of(patch.jobs_sort_method, field="jobs_sort_method")
    check_variables(patch.env)
    read_execution_config(patch.execution_config)
    if values := WORKFLOW.values(patch):
        connection.execute(
            update(tables.workflow).where(_workflow.id == workflow_id).values(values)
        )
    return get_workflow(connection, workflow_id)


def count_jobs(
    connection: Connection, workflow_ids: Iterable[int]
) -> defaultdict[int, dict[str, int]]:
    """Return the numbers of jobs by status, by workflow: all statuses, zeros included."""
    counts: defaultdict[int, dict[str, int]] = defaultdict(
        lambda: {str(status): 0 for status in JobStatus}
    )
    for workflow_id, status, count in _JOBS_BY_STATUS.all_of(connection, workflow_ids):
        counts[workflow_id][JobStatus.from_number(status)] = count
    return counts


def get_workflow_status(
    connection: Connection, workflow_id: WorkflowId, *, include_times: bool = True
) -> WorkflowStatus:
    """Return the status of a workflow with totals of its jobs and nodes.

    Args:
        connection: The database.
        workflow_id: The workflow.
        include_times: Also how long its jobs took, for which new results and attempts are read.

    Raises:
        NotFoundError: There is none with that id.
    """
    row = find_workflow(connection, workflow_id)
    jobs = count_jobs(connection, [workflow_id])[workflow_id]
    return msgspec.structs.replace(
        status_of(row),
        is_complete=row.is_canceled or not has_open_jobs(connection, workflow_id),
        workflow_id=workflow_id,
        workflow_name=row.name,
        workflow_user=row.user,
        total_jobs=sum(jobs.values()),
        jobs_by_status=jobs,
        **_node_counts(connection, workflow_id),
        **(_times(connection, row) if include_times else {}),
    )


def update_workflow_status(
    connection: Connection, workflow_id: WorkflowId, status: WorkflowStatus
) -> WorkflowStatus:
    """Set run id and flags, and return them; the writer does not compute totals of jobs.

    Raises:
        NotFoundError: There is none with that id.
        UsageError: The run id is negative.
    """
    find_workflow(connection, workflow_id)
    if status.run_id < 0:
        raise UsageError("A run id must be at least 0.", field="run_id", value=status.run_id)
    names = ("is_canceled", "is_archived", "run_id", "has_detected_need_to_run_completion_script")
    values = {name: getattr(status, name) for name in names}
    connection.execute(update(tables.workflow).where(_workflow.id == workflow_id).values(values))
    touch(connection, workflow_id)
    return status_of(find_workflow(connection, workflow_id))


def _node_counts(connection: Connection, workflow_id: WorkflowId) -> dict[str, Any]:
    [(active,)] = _ACTIVE_NODES.all(connection, of_workflow=workflow_id)
    allocations = dict(_ALLOCATIONS_BY_STATUS.all(connection, of_workflow=workflow_id))
    return {
        "active_compute_nodes": active,
        "pending_scheduled_nodes": allocations.get(AllocationStatus.PENDING, 0),
        "active_scheduled_nodes": allocations.get(AllocationStatus.ACTIVE, 0),
    }


def _times(connection: Connection, workflow: WorkflowRow) -> dict[str, Any]:
    """Return the total execution time of the present run, and its span."""
    times = run_times(connection, workflow)
    return {
        "total_exec_time_minutes": times.minutes,
        "walltime_seconds": times.span_ms / 1000,
    }
