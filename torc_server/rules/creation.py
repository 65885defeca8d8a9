"""Creating jobs, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, Table, bindparam, func, insert, select, update

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.ids import JobId, RequirementsId, WorkflowId
from torc_core.model.job import Job, JobOrigin
from torc_core.model.resources import DEFAULT_REQUIREMENTS
from torc_core.model.status import JobStatus
from torc_core.variables import check_variables
from torc_server.rules.dependencies.sets import Members, as_members, ensure_sets
from torc_server.rules.events import touch
from torc_server.rules.jobs import LINKS, groups_of
from torc_server.rules.related import check_related
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

MAX_JOBS = 100_000
"""The most jobs that one call creates."""

_job = tables.job
_COPIED = (
    "workflow_id",
    "name",
    "command",
    "invocation_script",
    "cancel_on_blocking_job_failure",
    "supports_termination",
    "scheduler_id",
    "failure_handler_id",
    "on_lost",
    "priority",
    "schedule_compute_nodes",
    "env",
)

_RELATED: dict[str, Table] = {
    "depends_on_job_ids": tables.job,
    "input_file_ids": tables.file,
    "output_file_ids": tables.file,
    "input_user_data_ids": tables.user_data,
    "output_user_data_ids": tables.user_data,
    "resource_requirements_id": tables.resource_requirements,
    "failure_handler_id": tables.failure_handler,
}

_ADD = Prepared(
    insert(_job),
    *_COPIED,
    *("status", "origin", "attempt_id", "token", "resource_requirements_id", "dependency_set_id"),
    "group_id",
)
_ADD_LINK = {
    field: Prepared(insert(table), "job_id", column) for field, (table, column) in LINKS.items()
}
_LINK_SET = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(dependency_set_id=bindparam("set_id"))
)
_LAST_ID = select(func.coalesce(func.max(_job.c.id), 0))
_NEW_IDS = (
    select(_job.c.id)
    .where(_job.c.workflow_id == bindparam("workflow_id"), _job.c.id > bindparam("after"))
    .order_by(_job.c.id)
)


def create_job(conn: Connection, job: Job) -> Job:
    """Create one job, see `create_jobs`."""
    return create_jobs(conn, [job])[0]


def create_jobs(
    conn: Connection,
    jobs: Sequence[Job],
    *,
    status: JobStatus = JobStatus.UNINITIALIZED,
    origin: JobOrigin | None = None,
) -> list[Job]:
    """Create jobs of one workflow and return them with their ids, in their order.

    They begin with `status`, at attempt 1; one without resource requirements gets the
    workflow's default ones. A dependency of -1 means the first job of this call, -2 the second, and
    so on, so that a chain of jobs takes one call.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: More than 100,000 jobs, jobs of several workflows, an environment that cannot
            be one, or an id of something that is not there or belongs to another workflow. Nothing
            was created.
    """
    if not jobs:
        return []
    if len(jobs) > MAX_JOBS:
        raise UsageError(
            f"{len(jobs):,} jobs are too many for one call.",
            hint=f"Create at most {MAX_JOBS:,} at a time.",
        )
    workflow_id = _one_workflow(jobs)
    find_workflow(conn, workflow_id)
    _check_batch_references(jobs)
    for field, table in _RELATED.items():
        wanted_ids = _distinct(jobs, field)
        if field == "depends_on_job_ids":
            wanted_ids = {number for number in wanted_ids if number > 0}
        check_related(conn, workflow_id, field, table, wanted_ids)
    all_stated = all(job.resource_requirements_id is not None for job in jobs)
    default = RequirementsId(0) if all_stated else default_requirements(conn, workflow_id)
    for job in jobs:
        check_variables(job.env)
    jobs = [_as_created(job, default, status, origin) for job in jobs]

    wanted = [_members_of(job) for job in jobs]
    sets = ensure_sets(conn, workflow_id, dict.fromkeys(wanted))
    groups = groups_of(conn, workflow_id, [job.name for job in jobs])
    before = conn.execute(_LAST_ID).scalar_one()
    _ADD.run_each(
        conn,
        [
            {key: getattr(job, key) for key in _COPIED}
            | {
                "status": status.number,
                "origin": origin,
                "attempt_id": 1,
                "token": 0,
                "resource_requirements_id": job.resource_requirements_id,
                "dependency_set_id": sets.get(members),
                "group_id": group_id,
            }
            for job, members, group_id in zip(jobs, wanted, groups, strict=True)
        ],
    )
    new_ids = conn.execute(_NEW_IDS, {"workflow_id": workflow_id, "after": before}).scalars().all()
    created = [
        msgspec.structs.replace(job, id=job_id, depends_on_job_ids=_resolved(job, new_ids))
        for job, job_id in zip(jobs, new_ids, strict=True)
    ]
    _link_batch_references(conn, workflow_id, jobs, created)
    for field, (_, column) in LINKS.items():
        _ADD_LINK[field].run_each(
            conn,
            [
                {"job_id": job.id, column: linked}
                for job in created
                for linked in dict.fromkeys(getattr(job, field) or ())
            ],
        )
    touch(conn, workflow_id)
    return created


def default_requirements(conn: Connection, workflow_id: WorkflowId) -> RequirementsId:
    """Return the id of the requirements for jobs that state none.

    Raises:
        NotFoundError: They were deleted.
    """
    table = tables.resource_requirements
    found: RequirementsId | None = conn.execute(
        select(table.c.id)
        .where(table.c.workflow_id == workflow_id, table.c.name == DEFAULT_REQUIREMENTS)
        .order_by(table.c.id)
    ).scalar()
    if found is None:
        raise NotFoundError(
            f"Workflow {workflow_id} has no resource requirements named {DEFAULT_REQUIREMENTS!r}.",
            hint="State resource_requirements_id for each job.",
        )
    return found


def _one_workflow(jobs: Sequence[Job]) -> WorkflowId:
    workflow_ids = sorted({job.workflow_id for job in jobs})
    if len(workflow_ids) > 1:
        raise UsageError(
            f"The jobs belong to {len(workflow_ids)} workflows: {workflow_ids[:3]}.",
            hint="Create the jobs of one workflow per call.",
        )
    return workflow_ids[0]


def _distinct(jobs: Iterable[Job], field: str) -> set[int]:
    found: set[int] = set()
    for job in jobs:
        value = getattr(job, field)
        if isinstance(value, int):
            found.add(value)
        elif value:
            found.update(value)
    return found


def _members_of(job: Job) -> Members:
    """Return the jobs that a job depends on, if they all existed before the call."""
    return () if _refers_to_batch(job) else as_members(job.depends_on_job_ids or ())


def _refers_to_batch(job: Job) -> bool:
    return min(job.depends_on_job_ids or (1,)) < 0


def _check_batch_references(jobs: Sequence[Job]) -> None:
    for place, job in enumerate(jobs, 1):
        wrong = [n for n in job.depends_on_job_ids or () if n == 0 or n < -len(jobs) or n == -place]
        if wrong:
            raise UsageError(
                f"Job {job.name!r}, number {place} of {len(jobs)}, cannot depend on {wrong[0]}.",
                hint="Use ids for existing jobs, and places for other jobs of the same call: -1 "
                "is the first.",
            )


def _resolved(job: Job, new_ids: Sequence[JobId]) -> list[JobId] | None:
    """Return a job's dependencies as ids, now that the jobs of its call have theirs."""
    if not _refers_to_batch(job):
        return job.depends_on_job_ids
    return [n if n > 0 else new_ids[-n - 1] for n in job.depends_on_job_ids or ()]


def _link_batch_references(
    conn: Connection, workflow_id: WorkflowId, asked: Sequence[Job], created: Sequence[Job]
) -> None:
    members = {
        job.id: as_members(job.depends_on_job_ids or ())
        for job, before in zip(created, asked, strict=True)
        if _refers_to_batch(before)
    }
    sets = ensure_sets(conn, workflow_id, dict.fromkeys(members.values()))
    rows = [{"of_job": job_id, "set_id": sets[wanted]} for job_id, wanted in members.items()]
    _LINK_SET.run_each(conn, rows)


def _as_created(
    job: Job, requirements_id: RequirementsId, status: JobStatus, origin: JobOrigin | None
) -> Job:
    if job.priority < 0:
        raise UsageError(
            f"Job {job.name!r} has the priority {job.priority}.",
            hint="A priority is at least 0; jobs with a higher one are claimed first.",
        )
    return msgspec.structs.replace(
        job,
        status=status,
        attempt_id=1,
        origin=origin,
        start_time=None,
        compute_node_id=None,
        resource_requirements_id=job.resource_requirements_id or requirements_id,
    )
