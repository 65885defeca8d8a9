"""Because of which jobs others are blocked or canceled: one for each dependency set."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, case, func, select

from torc_core.model.ids import JobId, id_of
from torc_core.model.job import Holder, Job
from torc_core.model.status import FAILURES, SETTLED, UNSUCCESSFUL, JobStatus
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_job = tables.job
_member = tables.dependency_set_member
_LOOKED_AT = 1_000
"""Jobs of a dependency set, of which there may be a million."""
_OTHERS = 1 << 52
"""More than any id; a power of two, so that adding it to one loses nothing."""


def _first_of(statuses: Collection[JobStatus], better: Collection[JobStatus]) -> Prepared[Any]:
    """Return the statement for the first job in some statuses of a dependency set.

    Of a large set the latest jobs are looked at, as the others are likely to have ended.

    Args:
        statuses: Those of jobs that count.
        better: Those of jobs that are the first, whatever their id.
    """
    is_better = _job.c.status.in_([status.number for status in better])
    first = func.min(_job.c.id + case((is_better, 0), else_=_OTHERS)).label("first")
    latest = (
        select(_member.c.job_id)
        .where(_member.c.set_id == bindparam("set_id"))
        .order_by(_member.c.job_id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    return Prepared(
        select(first)
        .select_from(latest)
        .join(_job, _job.c.id == latest.c.job_id)
        .where(_job.c.status.in_([status.number for status in statuses]))
    )


_OPEN = frozenset(JobStatus) - SETTLED
_FIRST = {
    JobStatus.BLOCKED: _first_of(_OPEN, _OPEN - {JobStatus.BLOCKED}),
    JobStatus.CANCELED: _first_of(UNSUCCESSFUL, FAILURES),
}
"""By the status of the jobs that are held."""
_SETS = Prepared(
    select(_job.c.id, _job.c.dependency_set_id).where(
        _job.c.id.in_(bindparam("ids", expanding=True)), _job.c.dependency_set_id.is_not(None)
    )
)
_NAMED = Prepared(
    select(_job.c.id, _job.c.name, _job.c.status).where(
        _job.c.id.in_(bindparam("ids", expanding=True))
    )
)


def with_holders(connection: Connection, jobs: Sequence[Job]) -> list[Job]:
    """Return jobs, the blocked and canceled ones with a job that is the reason, if there is one."""
    held_by: dict[JobId, JobId] = {}
    for status, first_of in _FIRST.items():
        ids = [id_of(job) for job in jobs if job.status is status]
        sets = {row.id: row.dependency_set_id for row in _SETS.all_of(connection, ids)}
        first: dict[int, int | None] = {}
        for set_id in set(sets.values()):
            row = first_of.first(connection, set_id=set_id)
            first[set_id] = row and row.first
        found = {job_id: first[set_id] for job_id, set_id in sets.items()}
        held_by |= {
            job_id: JobId(key % _OTHERS) for job_id, key in found.items() if key is not None
        }
    named = _NAMED.all_of(connection, set(held_by.values()))
    holders = {
        row.id: Holder(id=row.id, name=row.name, status=JobStatus.from_number(row.status))
        for row in named
    }
    return [
        msgspec.structs.replace(job, held_by=holders.get(held_by.get(id_of(job), JobId(0))))
        for job in jobs
    ]
