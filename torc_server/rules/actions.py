"""Actions of a workflow: when they are due.

An action is due when its triggers have reached the required count. Actions on jobs count their
jobs; all others are triggered at once. At all times the count of an unexecuted action on jobs is
the number of its jobs whose status its trigger waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    Connection,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql import ColumnElement

from torc_core.model.action import JOB_TRIGGERS, WORKER_TRIGGERS, ActionType, TriggerType
from torc_core.model.ids import ActionId, WorkflowId
from torc_core.model.status import SETTLED, JobStatus
from torc_server.rules import executions
from torc_server.rules.dependencies.settled import counts_as_any
from torc_server.rules.executions import IS_EXECUTED_HERE
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_COUNTED: Mapping[TriggerType, frozenset[JobStatus]] = {
    TriggerType.ON_JOBS_READY: frozenset(JobStatus) - {JobStatus.UNINITIALIZED, JobStatus.BLOCKED},
    TriggerType.ON_JOBS_COMPLETE: SETTLED,
}
"""Statuses in which a job counts for an action, by its trigger; one for each of `JOB_TRIGGERS`.
An interrupted job counts as one that is ready."""

_action = tables.workflow_action
_member = tables.workflow_action_job
_job = tables.job

_COUNTING_TYPES = Prepared(
    select(_action.c.trigger_type)
    .where(
        _action.c.workflow_id == bindparam("workflow_id"),
        _action.c.trigger_type.in_(tuple(_COUNTED)),
        _action.c.executed.is_(False),
    )
    .distinct()
)
_MEMBERS = Prepared(
    select(_member.c.action_id, _member.c.job_id)
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
    _action.c.trigger_type.not_in(WORKER_TRIGGERS),
    or_(_action.c.action_type == ActionType.RUN_COMMANDS, bindparam("schedules_nodes")),
    ~IS_EXECUTED_HERE,
)
"""Whether an action of `workflow_id` is due that the runner on `node_id` has not executed, of those
for which it has to look while it runs jobs; it may know how to request nodes or not."""


def counting_types(conn: Connection, workflow_id: WorkflowId) -> set[TriggerType]:
    """Return the trigger types on jobs that some unexecuted action of the workflow has."""
    return {
        TriggerType(row.trigger_type) for row in _COUNTING_TYPES.all(conn, workflow_id=workflow_id)
    }


def count(
    conn: Connection, trigger_type: TriggerType, changes: Iterable[tuple[int, JobStatus, JobStatus]]
) -> None:
    """Update the counts of actions with a trigger after jobs changed their status.

    A job that changes twice counts with both changes.
    """
    counted = _COUNTED[trigger_type]
    weights: dict[int, int] = {}
    for job_id, before, after in changes:
        if (before in counted) != (after in counted):
            weights[job_id] = weights.get(job_id, 0) + (1 if after in counted else -1)
    more: dict[int, int] = {}
    for action_id, job_id in _MEMBERS.all_of(conn, weights, trigger_type=trigger_type):
        more[action_id] = more.get(action_id, 0) + weights[job_id]
    if more:
        conn.execute(_ADD, [{"action_id": key, "more": value} for key, value in more.items()])


def trigger(conn: Connection, workflow_id: WorkflowId, trigger_type: TriggerType) -> None:
    """Make the workflow's actions with a trigger due."""
    conn.execute(_TRIGGER, {"of_workflow": workflow_id, "of_type": trigger_type})


def restart(conn: Connection, workflow_id: WorkflowId) -> None:
    """Reset the actions of a workflow that was just initialized.

    Recovery actions belonged to the run before and are deleted.
    """
    conn.execute(delete(_action).where(_action.c.workflow_id == workflow_id, _action.c.is_recovery))
    conn.execute(_RESTART, {"of_workflow": workflow_id})
    executions.forget(conn, workflow_id)
    recount(conn, workflow_id)


def recount(conn: Connection, workflow_id: WorkflowId) -> None:
    """Recount the jobs of a workflow's actions on jobs."""
    conn.execute(_RECOUNT, {"of_workflow": workflow_id})


def count_new(conn: Connection, action_id: ActionId) -> None:
    """Count the jobs of a new action: some may have the status already that it waits for."""
    conn.execute(_COUNT_NEW, {"of_action": action_id})


def _count_members(*conditions: Any) -> Any:
    return (
        select(func.count())
        .select_from(_member.join(_job, _job.c.id == _member.c.job_id))
        .where(_member.c.action_id == _action.c.id, *conditions)
        .scalar_subquery()
    )


def _is_counted() -> Any:
    return or_(
        *(
            and_(
                _action.c.trigger_type == trigger_type,
                counts_as_any(counted),
            )
            for trigger_type, counted in _COUNTED.items()
        )
    )


_OF_WORKFLOW = _action.c.workflow_id == bindparam("of_workflow")
_RESTART = (
    update(_action)
    .where(_OF_WORKFLOW)
    .values(
        executed=False,
        executed_at=None,
        executed_by=None,
        trigger_count=case(
            (_action.c.trigger_type == TriggerType.ON_WORKFLOW_COMPLETE, 0),
            else_=_action.c.required_triggers,
        ),
    )
)


def _recount_where(condition: ColumnElement[bool]) -> Update:
    return (
        update(_action)
        .where(condition, _action.c.trigger_type.in_(JOB_TRIGGERS), _action.c.executed.is_(False))
        .values(
            trigger_count=_count_members(_is_counted()),
            # Members may be deleted; an action without any is never due.
            required_triggers=case((_count_members() == 0, 1), else_=_count_members()),
        )
    )


_RECOUNT = _recount_where(_OF_WORKFLOW)
_COUNT_NEW = _recount_where(_action.c.id == bindparam("of_action"))
