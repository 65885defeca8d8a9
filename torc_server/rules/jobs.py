"""Reading jobs: from rows to wire types, with what they are related to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Table, bindparam, insert, null, select, update

from torc_core.clock import utc_text
from torc_core.errors import NotFoundError
from torc_core.model.ids import JobGroupId, JobId, WorkflowId, id_of
from torc_core.model.job import Job, JobOrigin, kind_name
from torc_core.model.status import JobStatus
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import is_kept
from torc_server.storage.statements import Prepared, Record
from torc_server.storage.tables.job import JobRow

_job = tables.job
_members = tables.dependency_set_member

NO_HOLDER = {"compute_node_id": null(), "started_at": null()}
"""What a job's row loses when no runner holds the job any longer."""

SomeJob = JobRow | Record
"""A job's row: whole, or with the columns that its query selects."""

_FIND = Prepared(
    select(_job).where(_job.c.id == bindparam("id"), is_kept(_job.c.workflow_id)), rows=JobRow
)

LINKS: Mapping[str, tuple[Table, str]] = {
    "input_file_ids": (tables.job_input_file, "file_id"),
    "output_file_ids": (tables.job_output_file, "file_id"),
    "input_user_data_ids": (tables.job_input_user_data, "user_data_id"),
    "output_user_data_ids": (tables.job_output_user_data, "user_data_id"),
}
"""For each list of related ids on the wire, the table that keeps it and the column of the id."""

_OF_JOBS = {
    field: Prepared(
        select(table.c.job_id, table.c[column])
        .where(table.c.job_id.in_(bindparam("ids", expanding=True)))
        .order_by(table.c.job_id, table.c[column])
    )
    for field, (table, column) in LINKS.items()
}
_SETS_OF_JOBS = Prepared(
    select(_job.c.id, _job.c.dependency_set_id).where(
        _job.c.id.in_(bindparam("ids", expanding=True))
    )
)
_OF_SETS = Prepared(
    select(_members.c.set_id, _members.c.job_id)
    .where(_members.c.set_id.in_(bindparam("ids", expanding=True)))
    .order_by(_members.c.set_id, _members.c.job_id)
)

_MAKE_READY = Prepared(
    update(_job)
    .where(_job.c.id.in_(bindparam("ids", expanding=True)))
    .values(status=JobStatus.READY.number, **NO_HOLDER)
)
_MARK_RETRIED = Prepared(
    update(_job)
    .where(_job.c.id.in_(bindparam("ids", expanding=True)), _job.c.origin.is_(None))
    .values(origin=JobOrigin.RETRY)
)

_group = tables.job_group
_FIND_GROUPS = Prepared(
    select(_group.c.name, _group.c.id).where(
        _group.c.workflow_id == bindparam("of_workflow"),
        _group.c.name.in_(bindparam("ids", expanding=True)),
    )
)
_ADD_GROUP = Prepared(insert(_group), "workflow_id", "name")


def groups_of(conn: Connection, workflow_id: WorkflowId, names: Sequence[str]) -> list[JobGroupId]:
    """Return the group of each of these names of jobs; those that are new are made."""
    kinds = [kind_name(name) for name in names]
    distinct = dict.fromkeys(kinds)
    known = dict(_FIND_GROUPS.all_of(conn, distinct, of_workflow=workflow_id))
    if new := [kind for kind in distinct if kind not in known]:
        _ADD_GROUP.run_each(conn, [{"workflow_id": workflow_id, "name": kind} for kind in new])
        known |= dict(_FIND_GROUPS.all_of(conn, new, of_workflow=workflow_id))
    return [known[kind] for kind in kinds]


def make_ready(conn: Connection, job_ids: Iterable[JobId]) -> None:
    """Make jobs ready that no runner holds any longer; their attempt is not counted."""
    _MAKE_READY.run_of(conn, job_ids)


def mark_retried(conn: Connection, job_ids: Iterable[JobId]) -> None:
    """Mark jobs as retried; one that was spawned keeps that origin."""
    _MARK_RETRIED.run_of(conn, job_ids)


def job_of(row: SomeJob, **related: Any) -> Job:
    """Return the wire form of a job's row, with lists of related ids."""
    return Job(
        id=row.id,
        workflow_id=row.workflow_id,
        name=row.name,
        command=row.command,
        invocation_script=row.invocation_script,
        status=JobStatus.from_number(row.status),
        cancel_on_blocking_job_failure=row.cancel_on_blocking_job_failure,
        supports_termination=row.supports_termination,
        resource_requirements_id=row.resource_requirements_id,
        scheduler_id=row.scheduler_id,
        failure_handler_id=row.failure_handler_id,
        attempt_id=row.attempt_id,
        on_lost=row.on_lost,
        priority=row.priority,
        schedule_compute_nodes=row.schedule_compute_nodes,
        env=row.env,
        origin=row.origin,
        start_time=moment(row.started_at),
        compute_node_id=row.compute_node_id,
        **related,
    )


def moment(ms: int | None) -> str | None:
    """Return a moment in milliseconds since 1970 as text, if there is one."""
    return None if ms is None else utc_text(ms)


def find_job(conn: Connection, job_id: JobId) -> JobRow:
    """Return a job's row.

    Raises:
        NotFoundError: There is none.
    """
    row = _FIND.first(conn, id=job_id)
    if row is None:
        raise NotFoundError.of("job", job_id)
    return row


def get_job(conn: Connection, job_id: JobId) -> Job:
    """Return a job with the ids of everything related to it.

    Raises:
        NotFoundError: There is no such job.
    """
    return with_relations(conn, [job_of(find_job(conn, job_id))])[0]


def with_relations(conn: Connection, jobs: Sequence[Job]) -> list[Job]:
    """Return stored jobs with the ids of everything related to them."""
    ids = [id_of(job) for job in jobs]
    linked = {field: linked_ids(conn, field, ids) for field in LINKS}
    needed = needed_jobs(conn, ids)
    return [
        replace(
            job,
            depends_on_job_ids=needed[job.id],
            **{field: found.get(job.id, []) for field, found in linked.items()},
        )
        for job in jobs
    ]


def linked_ids(
    conn: Connection, field: str, job_ids: Sequence[JobId]
) -> dict[int | None, list[int]]:
    """Return one of the `LINKS` of jobs: ascending ids by job, without jobs that have none."""
    found: dict[int | None, list[int]] = {}
    for job_id, linked in _OF_JOBS[field].all_of(conn, job_ids):
        found.setdefault(job_id, []).append(linked)
    return found


def needed_jobs(conn: Connection, job_ids: Sequence[JobId]) -> dict[int | None, list[int]]:
    """Return for each job the ascending ids of the jobs that it depends on."""
    sets = dict(_SETS_OF_JOBS.all_of(conn, job_ids))
    members: dict[int | None, list[int]] = {}
    for set_id, job_id in _OF_SETS.all_of(conn, set(sets.values()) - {None}):
        members.setdefault(set_id, []).append(job_id)
    return {job_id: members.get(set_id, []) for job_id, set_id in sets.items()}
