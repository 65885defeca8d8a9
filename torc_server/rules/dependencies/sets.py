"""Dependency sets: jobs that depend on the same jobs share one set and its counters.

At all times `remaining` is the number of members that block jobs downstream, and `unsuccessful`
the number of members that failed, were canceled or terminated. A disabled job blocks no other.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.sql import ColumnElement

from torc_core.model.ids import JobId, WorkflowId
from torc_server.rules.dependencies.settled import IS_OPEN, IS_UNSUCCESSFUL
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

Members = tuple[int, ...]
"""Ids of jobs, ascending, without repetition."""

_sets = tables.dependency_set
_members = tables.dependency_set_member
_job = tables.job
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def _count(condition: ColumnElement[bool]) -> Any:
    return func.sum(case((condition, 1), else_=0))


_COUNTS = (
    select(
        _sets.c.id,
        _count(IS_OPEN).label("remaining"),
        _count(IS_UNSUCCESSFUL).label("unsuccessful"),
    )
    .outerjoin(_members, _members.c.set_id == _sets.c.id)
    .outerjoin(_job, _job.c.id == _members.c.job_id)
    .group_by(_sets.c.id)
)


def _recount_where(condition: ColumnElement[bool]) -> Prepared[Any]:
    counts = _COUNTS.where(condition).subquery()
    return Prepared(
        update(_sets)
        .where(_sets.c.id == counts.c.id)
        .values(remaining=counts.c.remaining, unsuccessful=counts.c.unsuccessful)
    )


_RECOUNT = _recount_where(_sets.c.workflow_id == bindparam("of_workflow"))
_RECOUNT_SOME = _recount_where(_sets.c.id.in_(_IDS))
_OF_WORKFLOW = Prepared(
    select(_sets.c.id).where(_sets.c.workflow_id == bindparam("workflow_id")).order_by(_sets.c.id)
)
_COUNTED = _COUNTS.subquery()
_MISCOUNTED = (
    select(_sets.c.workflow_id, func.count().label("number"))
    .join(_COUNTED, _COUNTED.c.id == _sets.c.id)
    .where(
        or_(
            _sets.c.remaining != _COUNTED.c.remaining,
            _sets.c.unsuccessful != _COUNTED.c.unsuccessful,
        )
    )
    .group_by(_sets.c.workflow_id)
    .order_by(_sets.c.workflow_id)
)
# New sets are found by their ids alone: SQLite would rather read all of the workflow.
_RECOUNT_NEW = _recount_where(_sets.c.id > bindparam("after"))
_FIND_NEW = Prepared(select(_sets.c.fingerprint, _sets.c.id).where(_sets.c.id > bindparam("after")))

_FIND = Prepared(
    select(_sets.c.fingerprint, _sets.c.id).where(
        _sets.c.workflow_id == bindparam("workflow_id"), _sets.c.fingerprint.in_(_IDS)
    )
)
# A sum has no index: SQLite reads the members in their order, instead of sorting them.
_MEMBERS = Prepared(
    select(_members.c.set_id, _members.c.job_id)
    .join(_sets, _sets.c.id == _members.c.set_id)
    .where(
        _members.c.set_id.between(bindparam("first"), bindparam("last")),
        _sets.c.workflow_id + 0 == bindparam("of_workflow"),
    )
    .order_by(_members.c.set_id, _members.c.job_id)
)
_WITHOUT_JOBS = select(_sets.c.id).where(~exists().where(_job.c.dependency_set_id == _sets.c.id))
_UNUSED = Prepared(_WITHOUT_JOBS.where(_sets.c.id.in_(_IDS)))
_IS_UNUSED = Prepared(_WITHOUT_JOBS.where(_sets.c.id == bindparam("set_id")))
_DELETE_MEMBERS = Prepared(delete(_members).where(_members.c.set_id.in_(_IDS)))
_DELETE = Prepared(delete(_sets).where(_sets.c.id.in_(_IDS)))
_LAST_SET = select(func.coalesce(func.max(_sets.c.id), 0))
_ADD = Prepared(insert(_sets), "workflow_id", "fingerprint", "remaining", "unsuccessful")
_ADD_MEMBER = Prepared(insert(_members), "set_id", "job_id")


def fingerprint(members: Members) -> str:
    """Return a name for a set that only equal sets share.

    It begins with the last member: sets that are made together stay together in the index, so that
    making them costs the same however many there are.
    """
    digest = blake2b(array("q", members).tobytes(), digest_size=16)
    return f"{members[-1]:016x}{digest.hexdigest()}"


def ensure_sets(
    conn: Connection, workflow_id: WorkflowId, sets: Iterable[Members], *, counted: bool = True
) -> dict[Members, int]:
    """Return the id of each set, creating those that are new.

    Their members are counted at once, unless the caller counts all sets later.
    """
    names = {members: fingerprint(members) for members in sets if members}
    known = dict(_FIND.all_of(conn, names.values(), workflow_id=workflow_id))
    new = {name: members for members, name in names.items() if name not in known}
    if new:
        last = conn.execute(_LAST_SET).scalar_one()
        _ADD.run_each(
            conn,
            [
                {"workflow_id": workflow_id, "fingerprint": name, "remaining": 0, "unsuccessful": 0}
                for name in new
            ],
        )
        known |= dict(_FIND_NEW.all(conn, after=last))
        _ADD_MEMBER.run_each(
            conn,
            [
                {"set_id": known[name], "job_id": member}
                for name, members in new.items()
                for member in members
            ],
        )
        if counted:
            _RECOUNT_NEW.run(conn, after=last)
    return {members: known[name] for members, name in names.items()}


def recount(conn: Connection, workflow_id: WorkflowId) -> None:
    """Recount the members of a workflow's sets."""
    _RECOUNT.run(conn, of_workflow=workflow_id)


def find_miscounted(conn: Connection) -> dict[WorkflowId, int]:
    """Return how many sets have wrong counters, by workflow: none, unless the file was damaged."""
    return {row.workflow_id: row.number for row in conn.execute(_MISCOUNTED)}


def recount_sets(conn: Connection, set_ids: Iterable[int]) -> None:
    """Recount the members of some sets."""
    _RECOUNT_SOME.run_of(conn, set_ids)


def set_ids_of(conn: Connection, workflow_id: WorkflowId) -> Iterator[int]:
    """Yield the ascending ids of the sets of a workflow."""
    return (row.id for row in _OF_WORKFLOW.each(conn, workflow_id=workflow_id))


def drop_unused(conn: Connection, set_ids: Iterable[int]) -> None:
    """Delete those of some sets that no job depends on."""
    _drop(conn, _UNUSED.all_of(conn, set_ids))


def drop_if_unused(conn: Connection, set_id: int | None) -> None:
    """Delete the set that a job depended on, if it had one and no other job depends on it."""
    _drop(conn, _IS_UNUSED.all(conn, set_id=set_id))


def _drop(conn: Connection, sets: Iterable[Record]) -> None:
    unused = [row.id for row in sets]
    _DELETE_MEMBERS.run_of(conn, unused)
    _DELETE.run_of(conn, unused)


def members_between(
    conn: Connection, workflow_id: WorkflowId, first: int, last: int
) -> Iterator[Record]:
    """Yield each member of those of a workflow's sets: `set_id` and `job_id`, ascending."""
    return _MEMBERS.each(conn, first=first, last=last, of_workflow=workflow_id)


def as_members(job_ids: Collection[JobId]) -> Members:
    """Return ids of jobs in the order that a set keeps them."""
    return tuple(sorted(set(job_ids)))
