"""Executions of actions: which runner executes one, how that ended, and those whose runner is lost.

An action is executed at most once in each run, or once by each runner if it is persistent: its
commands may have had their effect when a runner dies, and how far they got is unknown. So what a
lost runner was executing is not executed again before the next initialize; an event says so.

An action that requests nodes may be claimed again, also if that failed, as Slurm may be away for a
while: each allocation has its request key, so who carries it out next finds those that exist, and
requests only the others. A runner tries it once.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlalchemy.sql import ColumnElement

from torc_core.model.action import ActionEnd, ActionType
from torc_core.model.events.commands import (
    ActionAbandoned,
    ActionEnded,
    ActionReleased,
    action_event,
)
from torc_core.model.ids import ActionId, ComputeNodeId, WorkflowId
from torc_server.storage import tables

_action = tables.workflow_action
_execution = tables.action_execution

_OF_WORKFLOW = select(_action.c.id).where(_action.c.workflow_id == bindparam("of_workflow"))
_FORGET = delete(_execution).where(_execution.c.action_id.in_(_OF_WORKFLOW))
_OPEN = (
    select(_execution.c.action_id, _action.c.action_type)
    .join(_action, _action.c.id == _execution.c.action_id)
    .where(_execution.c.compute_node_id == bindparam("node_id"), _execution.c.ended_at.is_(None))
)
_REQUESTS_NODES = _action.c.action_type == ActionType.SCHEDULE_NODES
IS_EXECUTED_HERE = exists().where(
    _execution.c.action_id == _action.c.id, _execution.c.compute_node_id == bindparam("node_id")
)
"""Whether the runner on `node_id` executes, or has executed, an action since it became due."""


def begin(conn: Connection, action_id: ActionId, node_id: ComputeNodeId, *, now_ms: int) -> None:
    """Record that a runner executes an action, for the first time or again."""
    key = (_execution.c.action_id == action_id, _execution.c.compute_node_id == node_id)
    conn.execute(delete(_execution).where(*key))
    conn.execute(
        insert(_execution).values(action_id=action_id, compute_node_id=node_id, started_at=now_ms)
    )


def forget_action(conn: Connection, action_id: ActionId) -> None:
    """Forget which runners execute an action, so that it is not released when they end."""
    conn.execute(delete(_execution).where(_execution.c.action_id == action_id))


def finish(
    conn: Connection, action_id: ActionId, end: ActionEnd, *, now_ms: int
) -> ActionEnded | None:
    """Record how an execution ended, and return the event; None if that is known already."""
    known = conn.execute(
        update(_execution)
        .where(
            _execution.c.action_id == action_id,
            _execution.c.compute_node_id == end.compute_node_id,
            _execution.c.return_code.is_(None),
        )
        .values(ended_at=now_ms, return_code=end.return_code)
    ).rowcount
    if known and end.return_code:
        _release(conn, _REQUESTS_NODES & (_action.c.id == action_id), end.compute_node_id)
    return action_event(action_id, end) if known else None


def abandon(
    conn: Connection, node_id: ComputeNodeId, *, now_ms: int
) -> list[ActionAbandoned | ActionReleased]:
    """Give up what a runner that is gone was executing, and return the events to be recorded."""
    found = conn.execute(_OPEN, {"node_id": node_id}).all()
    if not found:
        return []
    conn.execute(
        update(_execution)
        .where(_execution.c.compute_node_id == node_id, _execution.c.ended_at.is_(None))
        .values(ended_at=now_ms)
    )
    released = {row.action_id for row in found if row.action_type == ActionType.SCHEDULE_NODES}
    _release(conn, _action.c.id.in_(released), node_id)
    return [
        (ActionReleased if row.action_id in released else ActionAbandoned)(
            action_id=row.action_id, compute_node_id=node_id
        )
        for row in found
    ]


def _release(conn: Connection, which: ColumnElement[bool], node_id: ComputeNodeId) -> None:
    """Make actions due again that a runner has claimed."""
    conn.execute(
        update(_action)
        .where(which, _action.c.executed_by == node_id)
        .values(executed=False, executed_at=None, executed_by=None)
    )


def forget(conn: Connection, workflow_id: WorkflowId) -> None:
    """Forget the executions of a workflow's actions, which may become due again."""
    conn.execute(_FORGET, {"of_workflow": workflow_id})
