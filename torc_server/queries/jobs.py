"""Lists of jobs, and of their dependencies, files and user data."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, func, select
from sqlalchemy.sql import ColumnElement

from torc_core.model.artifact import JobFileRelationship, JobUserDataRelationship
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job, JobDependency, JobIds
from torc_core.model.page import Page
from torc_core.model.status import ACTIVE, JobStatus
from torc_server.errors import UnreadableRequestError
from torc_server.records.pages import Paging, contains, fetch_page, order, page_of
from torc_server.rules.jobs import moment, with_relations
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.mapping import TableMapping
from torc_server.storage.statements import Record

_job = tables.job
_member = tables.dependency_set_member

JOB = TableMapping(
    wire=Job,
    table=tables.job,
    renamed={"start_time": "started_at"},
    decode={"status": JobStatus.from_number, "start_time": moment},
)


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs a list contains."""

    status: str | None = None
    """A status, or several joined by commas."""
    name: str | None = None
    """A part of the name, case-insensitive."""
    command: str | None = None
    """A part of the command, case-insensitive."""
    needs_file_id: int | None = None
    """Jobs that read this file."""
    upstream_job_id: int | None = None
    """Jobs that depend on this job."""
    active_compute_node_id: int | None = None
    """Jobs that this compute node has claimed or is running."""
    origin_is_set: bool | None = None
    """Only jobs that were retried or spawned, or only those that were not."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a row has to meet.

        Raises:
            UnreadableRequestError: A status is unknown.
        """
        conditions: list[ColumnElement[bool]] = []
        if self.status is not None:
            conditions.append(_job.c.status.in_(_status_numbers(self.status)))
        if self.name is not None:
            conditions.append(contains(_job.c.name, self.name))
        if self.command is not None:
            conditions.append(contains(_job.c.command, self.command))
        if self.needs_file_id is not None:
            read = tables.job_input_file.c
            readers = select(read.job_id).where(read.file_id == self.needs_file_id)
            conditions.append(_job.c.id.in_(readers))
        if self.upstream_job_id is not None:
            around = select(_member.c.set_id).where(_member.c.job_id == self.upstream_job_id)
            conditions.append(_job.c.dependency_set_id.in_(around))
        if self.active_compute_node_id is not None:
            conditions.append(_job.c.compute_node_id == self.active_compute_node_id)
            conditions.append(_job.c.status.in_([status.number for status in ACTIVE]))
        if self.origin_is_set is not None:
            conditions.append(_job.c.origin.is_not(None) == self.origin_is_set)
        return conditions


def list_jobs(
    connection: Connection,
    workflow_id: WorkflowId,
    filters: JobFilter,
    paging: Paging,
    *,
    include_relationships: bool = False,
) -> Page[Job]:
    """Return a page of a workflow's jobs, on request with the ids of everything related to them.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: There is no such status, or no such field to sort by.
    """
    find_workflow(connection, workflow_id)
    conditions = [_job.c.workflow_id == workflow_id, *filters.conditions()]
    page = fetch_page(connection, JOB, conditions, paging)
    if not include_relationships:
        return page
    return msgspec.structs.replace(page, items=with_relations(connection, page.items))


def list_job_ids(connection: Connection, workflow_id: WorkflowId) -> JobIds:
    """Return the ascending ids of all jobs of a workflow.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(connection, workflow_id)
    found = connection.execute(
        select(_job.c.id).where(_job.c.workflow_id == workflow_id).order_by(_job.c.id)
    )
    job_ids = list(found.scalars())
    return JobIds(job_ids=job_ids, count=len(job_ids))


def list_job_dependencies(
    connection: Connection, workflow_id: WorkflowId, paging: Paging
) -> Page[JobDependency]:
    """Return a page of the edges between a workflow's jobs, by the ids of both ends.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: There is no such field to sort by.
    """
    upstream = _job.alias()
    query = (
        select(
            _job.c.id.label("job_id"),
            _job.c.name.label("job_name"),
            upstream.c.id.label("depends_on_job_id"),
            upstream.c.name.label("depends_on_job_name"),
            _job.c.workflow_id,
        )
        .join(_member, _member.c.set_id == _job.c.dependency_set_id)
        .join(upstream, upstream.c.id == _member.c.job_id)
        .where(_job.c.workflow_id == workflow_id)
    )
    waiting = select(_job.c.dependency_set_id, func.count().label("jobs")).where(
        _job.c.workflow_id == workflow_id
    )
    by_set = waiting.group_by(_job.c.dependency_set_id).subquery()
    total = select(func.coalesce(func.sum(by_set.c.jobs), 0)).select_from(
        by_set.join(_member, _member.c.set_id == by_set.c.dependency_set_id)
    )
    return _page(connection, workflow_id, JobDependency, query, total, paging)


def list_job_file_relationships(
    connection: Connection, workflow_id: WorkflowId, paging: Paging
) -> Page[JobFileRelationship]:
    """Return a page of the files of a workflow, each between a writer and a reader.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: There is no such field to sort by.
    """
    file = tables.file
    named = [file.c.id.label("file_id"), file.c.name.label("file_name")]
    query = _between(
        [*named, file.c.path.label("file_path")],
        file,
        tables.job_output_file,
        tables.job_input_file,
        "file_id",
    )
    return _related_page(connection, workflow_id, JobFileRelationship, file, query, paging)


def list_job_user_data_relationships(
    connection: Connection, workflow_id: WorkflowId, paging: Paging
) -> Page[JobUserDataRelationship]:
    """Return a page of the user data of a workflow, each between a writer and a reader.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: There is no such field to sort by.
    """
    data = tables.user_data
    query = _between(
        [data.c.id.label("user_data_id"), data.c.name.label("user_data_name")],
        data,
        tables.job_output_user_data,
        tables.job_input_user_data,
        "user_data_id",
    )
    return _related_page(connection, workflow_id, JobUserDataRelationship, data, query, paging)


def _between(
    columns: list[ColumnElement[Any]], thing: Table, output: Table, input_: Table, key: str
) -> Select[Any]:
    """Return a query for things with their writers and readers; either may be absent."""
    producer, consumer = _job.alias(), _job.alias()
    return (
        select(
            *columns,
            producer.c.id.label("producer_job_id"),
            producer.c.name.label("producer_job_name"),
            consumer.c.id.label("consumer_job_id"),
            consumer.c.name.label("consumer_job_name"),
            thing.c.workflow_id,
        )
        .select_from(thing)
        .outerjoin(output, output.c[key] == thing.c.id)
        .outerjoin(producer, producer.c.id == output.c.job_id)
        .outerjoin(input_, input_.c[key] == thing.c.id)
        .outerjoin(consumer, consumer.c.id == input_.c.job_id)
    )


def _related_page(
    connection: Connection,
    workflow_id: WorkflowId,
    wire: type[Any],
    thing: Table,
    query: Select[Any],
    paging: Paging,
) -> Page[Any]:
    query = query.where(thing.c.workflow_id == workflow_id)
    total = select(func.count()).select_from(query.subquery())
    return _page(connection, workflow_id, wire, query, total, paging)


def _page(
    connection: Connection,
    workflow_id: WorkflowId,
    wire: type[Any],
    query: Select[Any],
    total: Select[Any],
    paging: Paging,
) -> Page[Any]:
    find_workflow(connection, workflow_id)
    columns = dict(query.selected_columns.items())
    ids = [name for name in columns if name.endswith("_id") and name != "workflow_id"]
    ordered = query.order_by(*order(columns, ids, paging))

    def read(row: Record) -> Any:
        return wire(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name

    return page_of(connection, ordered, total, read, paging)


def _status_numbers(text: str) -> list[int]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in list(JobStatus):
            raise UnreadableRequestError(
                f"Unknown job status {name!r}.",
                hint=f"Use one or more of: {', '.join(JobStatus)}.",
                field="status",
                value=name,
            )
    return [JobStatus(name).number for name in names]
