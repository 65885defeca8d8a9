"""Actions of a workflow: when they are due.

An action is due when its triggers have reached the required count. Actions on jobs count their
members; all others are triggered at once, as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, case, delete, exists, func, or_, select, update

from torc_core.model.status import ENDED, JobStatus
from torc_server import tables
from torc_server.rules.selection import rows_of

ON_JOBS_READY = "on_jobs_ready"
ON_JOBS_COMPLETE = "on_jobs_complete"
ON_WORKFLOW_COMPLETE = "on_workflow_complete"

_NOT_YET_READY = (JobStatus.UNINITIALIZED.number, JobStatus.BLOCKED.number)
_COUNTED = {
    ON_JOBS_READY: tuple(s.number for s in JobStatus if s.number not in _NOT_YET_READY),
    ON_JOBS_COMPLETE: tuple(status.number for status in ENDED),
}
"""Statuses in which a member has triggered an action."""

JOB_TRIGGERS = frozenset(_COUNTED)
"""The triggers of actions that count jobs."""

_action = tables.workflow_action
_member = tables.workflow_action_job
_job = tables.job

_COUNTING_TYPES = (
    select(_action.c.trigger_type)
    .where(
        _action.c.workflow_id == bindparam("workflow_id"),
        _action.c.trigger_type.in_(tuple(_COUNTED)),
        _action.c.executed.is_(False),
    )
    .distinct()
)
_MEMBERS = (
    select(_member.c.action_id)
    .join(_action, _action.c.id == _member.c.action_id)
    .where(
        _action.c.trigger_type == bindparam("trigger_type"),
        _action.c.executed.is_(False),
        _member.c.job_id.in_(bindparam("ids", expanding=True)),
    )
)
_ADD = (
    update(_action)
    .where(_action.c.id == bindparam("action_id"))
    .values(trigger_count=_action.c.trigger_count + bindparam("more"))
)
_TRIGGER = (
    update(_action)
    .where(
        _action.c.workflow_id == bindparam("of_workflow"),
        _action.c.trigger_type == bindparam("of_type"),
        _action.c.executed.is_(False),
    )
    .values(trigger_count=_action.c.required_triggers)
)
HAS_PENDING = exists().where(
    _action.c.workflow_id == bindparam("workflow_id"),
    _action.c.trigger_count >= _action.c.required_triggers,
    _action.c.executed.is_(False),
    or_(_action.c.persistent.is_(False), _action.c.executed_at.is_(None)),
)
"""Whether an action of `workflow_id` is due that nobody has executed."""


def counting_types(conn: Connection, workflow_id: int) -> set[str]:
    """Return the trigger types on jobs that some unexecuted action of the workflow has."""
    return set(conn.execute(_COUNTING_TYPES, {"workflow_id": workflow_id}).scalars())


def count(conn: Connection, trigger_type: str, job_ids: Iterable[int], by: int = 1) -> None:
    """Add `by` to the count of each action of that type, once for each of the jobs in it."""
    more: dict[int, int] = {}
    for (action_id,) in rows_of(conn, _MEMBERS, job_ids, trigger_type=trigger_type):
        more[action_id] = more.get(action_id, 0) + by
    if more:
        conn.execute(_ADD, [{"action_id": key, "more": value} for key, value in more.items()])


def trigger(conn: Connection, workflow_id: int, trigger_type: str) -> None:
    """Make the workflow's actions of that type due."""
    conn.execute(_TRIGGER, {"of_workflow": workflow_id, "of_type": trigger_type})


def restart(conn: Connection, workflow_id: int) -> None:
    """Set the actions of a workflow that was just initialized to where its jobs stand.

    Recovery actions belonged to the run before and go.
    """
    conn.execute(delete(_action).where(_action.c.workflow_id == workflow_id, _action.c.is_recovery))
    members = (
        select(func.count())
        .select_from(_member.join(_job, _job.c.id == _member.c.job_id))
        .where(
            _member.c.action_id == _action.c.id,
            or_(
                *(
                    and_(_action.c.trigger_type == trigger_type, _job.c.status.in_(counted))
                    for trigger_type, counted in _COUNTED.items()
                )
            ),
        )
        .scalar_subquery()
    )
    conn.execute(
        update(_action)
        .where(_action.c.workflow_id == workflow_id)
        .values(
            executed=False,
            trigger_count=case(
                (_action.c.trigger_type.in_(tuple(_COUNTED)), members),
                (_action.c.trigger_type == ON_WORKFLOW_COMPLETE, 0),
                else_=_action.c.required_triggers,
            ),
        )
    )
