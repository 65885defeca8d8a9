"""Lists of jobs, and of their dependencies, files and user data."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, bindparam, func, select
from sqlalchemy.sql import ColumnElement

from torc_core.model.artifact import JobFileRelationship, JobUserDataRelationship
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.job import Job, JobDependency, JobIds
from torc_core.model.page import Page
from torc_core.model.status import ACTIVE, JobStatus
from torc_server.errors import UnreadableRequestError
from torc_server.queries.holders import with_holders
from torc_server.records.pages import (
    Paging,
    contains,
    fetch_page,
    lacks,
    named_filters,
    order,
    page_of,
)
from torc_server.rules.jobs import moment, with_relations
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.mapping import RESULT, TableMapping
from torc_server.storage.statements import Prepared, Record

_job = tables.job
_member = tables.dependency_set_member

JOB = TableMapping(
    wire=Job,
    table=tables.job,
    renamed={"start_time": "started_at"},
    decode={"status": JobStatus.from_number, "start_time": moment},
)
_latest = tables.latest_result.c
_LATEST_RESULTS = Prepared(
    RESULT.rows.where(
        tables.result.c.id.in_(
            select(_latest.result_id).where(_latest.job_id.in_(bindparam("ids", expanding=True)))
        )
    )
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
    downstream_job_id: int | None = None
    """Jobs that this job depends on."""
    active_compute_node_id: int | None = None
    """Jobs that this compute node has claimed or is running."""
    group_id: int | None = None
    """Jobs of this group: see `JobGroup`."""
    origin_is_set: bool | None = None
    """Only jobs that were retried or spawned, or only those that were not."""
    excludes: str | None = None
    """Which of `status`, `name` and `command` leave out what they match, joined by commas."""

    @property
    def is_narrow(self) -> bool:
        """Whether it leads to few jobs, by an index."""
        narrow = (
            self.needs_file_id,
            self.upstream_job_id,
            self.downstream_job_id,
            self.active_compute_node_id,
            self.group_id,
        )
        return any(each is not None for each in narrow)

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a row has to meet.

        Raises:
            UnreadableRequestError: A status is unknown.
            UsageError: `excludes` names something else than a text.
        """
        texts: dict[str, ColumnElement[bool]] = {}
        if self.status is not None:
            texts["status"] = _job.c.status.in_(_status_numbers(self.status))
        if self.name is not None:
            texts["name"] = contains(_job.c.name, self.name)
        if self.command is not None:
            texts["command"] = contains(_job.c.command, self.command)
        left_out = named_filters("excludes", self.excludes, ("status", "name", "command"))
        conditions = [lacks(each) if name in left_out else each for name, each in texts.items()]
        if self.needs_file_id is not None:
            read = tables.job_input_file.c
            readers = select(read.job_id).where(read.file_id == self.needs_file_id)
            conditions.append(_job.c.id.in_(readers))
        if self.upstream_job_id is not None:
            around = select(_member.c.set_id).where(_member.c.job_id == self.upstream_job_id)
            conditions.append(_job.c.dependency_set_id.in_(around))
        if self.downstream_job_id is not None:
            own = select(_job.c.dependency_set_id).where(_job.c.id == self.downstream_job_id)
            needed = select(_member.c.job_id).where(_member.c.set_id == own.scalar_subquery())
            conditions.append(_job.c.id.in_(needed))
        if self.active_compute_node_id is not None:
            conditions.append(_job.c.compute_node_id == self.active_compute_node_id)
            conditions.append(_job.c.status.in_([status.number for status in ACTIVE]))
        if self.group_id is not None:
            conditions.append(_job.c.group_id == self.group_id)
        if self.origin_is_set is not None:
            conditions.append(_job.c.origin.is_not(None) == self.origin_is_set)
        return conditions


def list_jobs(  # noqa: PLR0913 - what of the jobs is asked for
    connection: Connection,
    workflow_id: WorkflowId,
    filters: JobFilter,
    paging: Paging,
    *,
    include_relationships: bool = False,
    include_latest_results: bool = False,
    include_held_by: bool = False,
) -> Page[Job]:
    """Return a page of a workflow's jobs.

    On request they have the ids of everything related to them, their latest results, and a job
    because of which they are blocked or canceled.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: There is no such status, or no such field to sort by.
    """
    workflow = find_workflow(connection, workflow_id)
    page = fetch_page(
        connection,
        JOB,
        filters.conditions(),
        paging,
        within=workflow,
        is_narrow=filters.is_narrow,
    )
    jobs = page.items
    if include_relationships:
        jobs = with_relations(connection, jobs)
    if include_latest_results:
        jobs = _with_latest_results(connection, jobs)
    if include_held_by:
        jobs = with_holders(connection, jobs)
    return msgspec.structs.replace(page, items=jobs)


def _with_latest_results(connection: Connection, jobs: list[Job]) -> list[Job]:
    found = _LATEST_RESULTS.all_of(connection, [id_of(job) for job in jobs])
    results = {result.job_id: result for result in map(RESULT.read, found)}
    return [
        msgspec.structs.replace(job, latest_result=results[id_of(job)])
        if id_of(job) in results
        else job
        for job in jobs
    ]


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
    ordered = query.order_by(*order(columns, ids, paging.sort_by, reverse=paging.reverse_sort))

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
