"""Workflow actions: what to do once when a workflow or its jobs reach a state.

`rules.actions` decides when an action is due; here actions are stored, found and claimed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, insert, not_, or_, select, update
from sqlalchemy.sql import ColumnElement

from torc_core.clock import utc_text
from torc_core.decoders import convert
from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.action import (
    JOB_TRIGGERS,
    ActionClaim,
    ActionClaimReply,
    ActionEnd,
    ActionType,
    TriggerType,
    WorkflowAction,
    is_persistent,
)
from torc_core.model.events.commands import ActionExecuted
from torc_core.model.ids import ActionId, JobId, SchedulerId, WorkflowId
from torc_server.rules import events, executions
from torc_server.rules.actions import count_new
from torc_server.rules.executions import IS_EXECUTED_HERE
from torc_server.rules.related import check_related
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.mapping import WORKFLOW_ACTION
from torc_server.storage.statements import Prepared

_action = tables.workflow_action.c
_link = tables.workflow_action_job.c
_IS_WITHDRAWN = and_(_action.executed, _action.trigger_count < _action.required_triggers)
_PENDING = Prepared(
    WORKFLOW_ACTION.rows.where(
        _action.workflow_id == bindparam("of_workflow"),
        _action.trigger_count >= _action.required_triggers,
        or_(not_(_action.executed), _action.persistent),
        not_(IS_EXECUTED_HERE),
    ).order_by(_action.id)
)
"""Those that are due; without a node, `node_id` is None and equals that of no execution."""
_LINKED = Prepared(
    select(_link.action_id, _link.job_id)
    .where(_link.action_id.in_(bindparam("ids", expanding=True)))
    .order_by(_link.job_id)
)


def create_action(
    connection: Connection, workflow_id: WorkflowId, action: WorkflowAction
) -> WorkflowAction:
    """Create an action of a workflow, regardless of the one that it names, and return it.

    Raises:
        NotFoundError: There is no such workflow, or it has no such job.
        UsageError: Trigger or configuration is invalid.
    """
    check_action(action)
    find_workflow(connection, workflow_id)
    job_ids = sorted(set(action.job_ids or ()))
    _require_jobs(connection, workflow_id, set(job_ids))
    values = WORKFLOW_ACTION.values(action) | {
        "workflow_id": workflow_id,
        "trigger_count": 0,
        "required_triggers": max(len(job_ids), 1) if action.trigger_type in JOB_TRIGGERS else 1,
        "executed": False,
        "persistent": is_persistent(action.trigger_type, action.persistent),
    }
    for unstored in ("id", "job_ids", "executed_at", "executed_by"):
        values.pop(unstored, None)
    action_id = connection.execute(
        insert(tables.workflow_action).values(values).returning(_action.id)
    ).scalar_one()
    if job_ids:
        links = [{"action_id": action_id, "job_id": job_id} for job_id in job_ids]
        connection.execute(insert(tables.workflow_action_job), links)
        count_new(connection, action_id)
        events.touch(connection, workflow_id)
    return _read(connection, [_action.id == action_id])[0]


def _require_jobs(connection: Connection, workflow_id: WorkflowId, job_ids: set[JobId]) -> None:
    try:
        check_related(connection, workflow_id, "job_ids", tables.job, job_ids)
    except UsageError as error:
        raise NotFoundError.of(
            "job", error.details["missing_ids"][0], hint=error.message
        ) from error


def list_actions(connection: Connection, workflow_id: WorkflowId) -> list[WorkflowAction]:
    """Return all actions of a workflow, by id.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(connection, workflow_id)
    return _read(connection, [_action.workflow_id == workflow_id])


def list_pending_actions(
    connection: Connection,
    workflow_id: WorkflowId,
    trigger_types: Collection[str],
    node_id: int | None,
) -> list[WorkflowAction]:
    """Return the actions that are due and unclaimed, of the given triggers or of all.

    With a node, without those that its runner has executed.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(connection, workflow_id)
    rows = _PENDING.all(connection, of_workflow=workflow_id, node_id=node_id)
    if trigger_types:
        rows = [row for row in rows if row.trigger_type in trigger_types]
    return _with_jobs(connection, rows)


def claim_action(
    connection: Connection,
    workflow_id: WorkflowId,
    action_id: ActionId,
    claim: ActionClaim,
    *,
    now_ms: int,
) -> ActionClaimReply:
    """Claim an action for the caller. A persistent action can be claimed any number of times.

    One that is withdrawn is not claimed again: it counts as executed, and its trigger as not fired.

    Raises:
        NotFoundError: There is no such workflow, or it has no such action.
        UsageError: It has no such compute node.
        ConflictError: It was claimed before.
    """
    find_workflow(connection, workflow_id)
    if claim.withdraws:
        return _withdraw(connection, workflow_id, action_id, now_ms=now_ms)
    compute_node_id = claim.compute_node_id
    nodes = set() if compute_node_id is None else {compute_node_id}
    check_related(connection, workflow_id, "compute_node_id", tables.compute_node, nodes)
    claimed = connection.execute(
        update(tables.workflow_action)
        .where(
            _action.id == action_id,
            _action.workflow_id == workflow_id,
            or_(not_(_action.executed), and_(_action.persistent, not_(_IS_WITHDRAWN))),
        )
        .values(
            executed=not_(_action.persistent),
            executed_at=utc_text(now_ms),
            executed_by=compute_node_id,
        )
    ).rowcount
    if not claimed:
        _require_action(connection, workflow_id, action_id)
        raise ConflictError(f"Action {action_id} is already claimed.", claimed=False)
    if compute_node_id is not None and claim.reports_end:
        executions.begin(connection, action_id, compute_node_id, now_ms=now_ms)
    executed = ActionExecuted(action_id=action_id, compute_node_id=compute_node_id)
    events.record(connection, workflow_id, executed, now_ms=now_ms)
    return ActionClaimReply(claimed=True, success=True, action_id=action_id)


def _withdraw(
    connection: Connection, workflow_id: WorkflowId, action_id: ActionId, *, now_ms: int
) -> ActionClaimReply:
    """Keep an action from being carried out; what a runner executes of it is not released again."""
    _require_action(connection, workflow_id, action_id)
    withdrawn = connection.execute(
        update(tables.workflow_action)
        .where(_action.id == action_id, not_(_IS_WITHDRAWN))
        .values(executed=True, executed_at=utc_text(now_ms), trigger_count=0)
    ).rowcount
    if withdrawn:
        executions.forget_action(connection, action_id)
        events.touch(connection, workflow_id)
    return ActionClaimReply(claimed=True, success=True, action_id=action_id)


def _require_action(connection: Connection, workflow_id: WorkflowId, action_id: ActionId) -> None:
    here = select(_action.id).where(_action.id == action_id, _action.workflow_id == workflow_id)
    if connection.execute(here).first() is None:
        raise NotFoundError.of("action", action_id)


def complete_action(
    connection: Connection,
    workflow_id: WorkflowId,
    action_id: ActionId,
    end: ActionEnd,
    *,
    now_ms: int,
) -> WorkflowAction:
    """Record how a runner's execution of an action ended; a repetition changes nothing.

    Raises:
        NotFoundError: There is no such workflow, or it has no such action.
    """
    find_workflow(connection, workflow_id)
    found = _read(connection, [_action.id == action_id, _action.workflow_id == workflow_id])
    if not found:
        raise NotFoundError.of("action", action_id)
    event = executions.finish(connection, action_id, end, now_ms=now_ms)
    if event is not None:
        events.record(connection, workflow_id, event, now_ms=now_ms)
    return found[0]


def remark_on(action: WorkflowAction) -> str | None:
    """Return why an action will never run, if so; the reference accepts it anyway."""
    if action.trigger_type in JOB_TRIGGERS and not action.job_ids:
        return f"Action {action.id} will never run: {action.trigger_type} without job_ids."
    if action.action_type not in set(ActionType):
        known = " or ".join(ActionType)
        return f"Action {action.id} will never run: it is {action.action_type!r}, not {known}."
    return None


def check_action(action: WorkflowAction) -> None:
    """Check what does not depend on other records.

    Raises:
        UsageError: Trigger or configuration is invalid.
    """
    _one_of("trigger_type", action.trigger_type, TriggerType)
    if (shape := _CONFIGS.get(action.action_type)) is not None:
        _check_config(action.action_config, shape)


class _RunCommands(msgspec.Struct, forbid_unknown_fields=True):
    commands: list[str]


class _ScheduleNodes(msgspec.Struct, forbid_unknown_fields=True):
    scheduler_id: SchedulerId | None = None
    scheduler_type: str | None = None
    num_allocations: int | None = None
    start_one_worker_per_node: bool | None = None
    max_parallel_jobs: int | None = None


_CONFIGS: Mapping[str, type[msgspec.Struct]] = {
    ActionType.RUN_COMMANDS: _RunCommands,
    ActionType.SCHEDULE_NODES: _ScheduleNodes,
}


def _check_config(config: Any, shape: type[msgspec.Struct]) -> None:
    try:
        convert(config, shape)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"The configuration of the action is invalid: {error}.",
            hint=f"Its members are {', '.join(shape.__struct_fields__)}.",
            field="action_config",
        ) from error


def _one_of(field: str, value: str, known: type[StrEnum]) -> None:
    if value not in set(known):
        raise UsageError(
            f"There is no {field} {value!r}.",
            hint=f"Use one of {', '.join(known)}.",
            field=field,
            value=value,
        )


def _read(
    connection: Connection, conditions: Sequence[ColumnElement[bool]]
) -> list[WorkflowAction]:
    query = WORKFLOW_ACTION.rows.where(*conditions).order_by(_action.id)
    return _with_jobs(connection, connection.execute(query).all())


def _with_jobs(connection: Connection, rows: Sequence[Row[Any]]) -> list[WorkflowAction]:
    """Return the actions of rows, each with the jobs that trigger it."""
    jobs: dict[int, list[int]] = {}
    for action_id, job_id in _LINKED.all_of(connection, [row.id for row in rows]):
        jobs.setdefault(action_id, []).append(job_id)
    return [
        msgspec.structs.replace(WORKFLOW_ACTION.read(row), job_ids=jobs.get(row.id)) for row in rows
    ]
