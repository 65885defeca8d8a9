"""Ready jobs by requirements and scheduler, and what open jobs need, without reading them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, bindparam, cast, func, null, select

from torc_core.model.ids import RequirementsId, SchedulerId, WorkflowId
from torc_core.model.status import SETTLED, JobStatus
from torc_core.resources import Requirements
from torc_core.units import MAX_INTEGER
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

_job = tables.job
_requirements = tables.resource_requirements
_READY = JobStatus.READY.number
_UNBOUND = -MAX_INTEGER - 1
"""Stands for no scheduler, before all numbers that a scheduler may have."""
_WORKFLOW: BindParameter[Any] = bindparam("workflow_id")


def _ready_jobs(requirements: Any, *columns: Any) -> Any:
    return select(*columns).where(
        _job.c.workflow_id == _WORKFLOW,
        _job.c.status == _READY,
        _job.c.resource_requirements_id == requirements,
    )


def _next_requirements(status: Any, after: Any) -> Any:
    """Return the smallest id of requirements, above one, that jobs of a status have."""
    found = select(func.min(_job.c.resource_requirements_id)).where(
        _job.c.workflow_id == _WORKFLOW, _job.c.status == status
    )
    if after is None:
        return found.scalar_subquery()
    above = found.where(_job.c.resource_requirements_id > after)
    return above.correlate(after.table).scalar_subquery()


def _used_requirements(status: Any) -> Any:
    """Return the ids of the requirements that jobs of a status have, and null.

    From each to the next one is one look into the index, however many jobs there are.
    """
    used = select(_next_requirements(status, None).label("id")).cte("used", recursive=True)
    return used.union_all(
        select(_next_requirements(status, used.c.id)).where(used.c.id.is_not(None))
    )


def _groups_statement() -> Any:
    """Return the groups of ready jobs with the same requirements and the same scheduler.

    Each group costs two looks into the index, however many jobs it has: from the requirements of
    some ready jobs to the next ones that others have, which may be another workflow's; and for each
    first the unbound jobs, then from each scheduler to the next one.
    """
    used = _used_requirements(_READY)
    first = (
        select(
            used.c.id.label("requirements_id"),
            cast(_UNBOUND, BigInteger).label("bound_to"),
        )
        .where(used.c.id.is_not(None))
        .cte("ready_group", recursive=True)
    )
    following = (
        _ready_jobs(first.c.requirements_id, _job.c.scheduler_id)
        .where(_job.c.scheduler_id > first.c.bound_to)
        .order_by(_job.c.scheduler_id)
        .limit(1)
        .correlate(first)
        .scalar_subquery()
    )
    group = first.union_all(
        select(first.c.requirements_id, following).where(first.c.bound_to.is_not(None))
    )
    scheduler = func.nullif(group.c.bound_to, _UNBOUND)
    head = (
        _ready_jobs(group.c.requirements_id, _job.c.id)
        .where(_job.c.scheduler_id.is_not_distinct_from(scheduler))
        .limit(1)
        .correlate(group)
        .scalar_subquery()
    )
    return (
        select(scheduler.label("scheduler_id"), *_requirements.c)
        .join(group, group.c.requirements_id == _requirements.c.id)
        .where(group.c.bound_to.is_not(None), head.is_not(None))
    )


def _open_statement() -> Any:
    used = _used_requirements(bindparam("status"))
    return select(*_requirements.c).join(used, used.c.id == _requirements.c.id)


_GROUPS = Prepared(_groups_statement())
_OF_STATUS = Prepared(_open_statement())
_OPEN = frozenset(JobStatus) - SETTLED
_BOUND = _job.c.scheduler_id == bindparam("scheduler_id")
_FIRST = {
    bound: _ready_jobs(bindparam("requirements_id"), _job)
    .where(_BOUND if bound else _job.c.scheduler_id.is_(null()))
    .order_by(_job.c.priority.desc(), _job.c.id)
    .limit(bindparam("count"))
    for bound in (False, True)
}
_MEMBERS = {bound: Prepared(statement) for bound, statement in _FIRST.items()}
_REQUIREMENTS = Prepared(
    select(_requirements).where(_requirements.c.id.in_(bindparam("ids", expanding=True)))
)
COUNT_LIMIT = 1_000
"""Groups are counted up to here; beyond, the exact number does not matter."""
_COUNT = {
    bound: select(func.count()).select_from(
        statement.with_only_columns(_job.c.id).order_by(None).subquery()
    )
    for bound, statement in _FIRST.items()
}


@dataclass(frozen=True, slots=True)
class ReadyGroup:
    """Ready jobs with the same requirements and the same scheduler."""

    requirements_id: RequirementsId
    scheduler_id: SchedulerId | None
    requirements: Requirements


def ready_groups(conn: Connection, workflow_id: WorkflowId) -> list[ReadyGroup]:
    """Return the groups of a workflow's ready jobs."""
    return [
        ReadyGroup(row.id, row.scheduler_id, read_requirements(row))
        for row in _GROUPS.all(conn, workflow_id=workflow_id)
    ]


def open_requirements(conn: Connection, workflow_id: WorkflowId) -> list[Requirements]:
    """Return what the jobs need that are ready, may become so, or are held."""
    rows = {
        row.id: row
        for status in _OPEN
        for row in _OF_STATUS.all(conn, workflow_id=workflow_id, status=status.number)
    }
    return [read_requirements(row) for row in rows.values()]


def requirements_of(conn: Connection, rows: Sequence[Record]) -> dict[RequirementsId, Requirements]:
    """Return what jobs need, by the id of the requirements."""
    found = _REQUIREMENTS.all_of(conn, {row.resource_requirements_id for row in rows})
    return {row.id: read_requirements(row) for row in found}


def first_jobs(
    conn: Connection, workflow_id: WorkflowId, group: ReadyGroup, count: int
) -> Sequence[Record]:
    """Return up to `count` jobs of a group, by falling priority, then by id."""
    statement = _MEMBERS[group.scheduler_id is not None]
    return statement.all(conn, **_parameters(workflow_id, group, count))


def count_jobs(conn: Connection, workflow_id: WorkflowId, group: ReadyGroup) -> int:
    """Return the size of a group; anything above `COUNT_LIMIT` counts as one more than it."""
    statement = _COUNT[group.scheduler_id is not None]
    parameters = _parameters(workflow_id, group, COUNT_LIMIT + 1)
    return int(conn.execute(statement, parameters).scalar_one())


def read_requirements(row: Record) -> Requirements:
    """Return what jobs need, from a row of their requirements."""
    return Requirements.stated(
        num_cpus=row.num_cpus,
        memory_bytes=row.memory_bytes,
        num_gpus=row.num_gpus,
        num_nodes=row.num_nodes,
        runtime_s=row.runtime_s,
    )


def _parameters(workflow_id: WorkflowId, group: ReadyGroup, count: int) -> dict[str, int]:
    values = {
        "workflow_id": workflow_id,
        "requirements_id": group.requirements_id,
        "count": count,
    }
    return values if group.scheduler_id is None else values | {"scheduler_id": group.scheduler_id}
