"""Events of the commands that run beside jobs: recovery scripts, and those of actions."""

from __future__ import annotations

import msgspec

from torc_core.model.action import ActionEnd
from torc_core.model.events.event import EventType, Severity
from torc_core.model.events.record import EventRecord
from torc_core.model.exchange import JobEnd, RecoveryEnd
from torc_core.model.ids import ActionId, ComputeNodeId, JobId


class RecoveryScriptEnded(EventRecord, frozen=True, kw_only=True):
    """The recovery script of a failed attempt is over; the job's own end follows."""

    job_id: JobId
    job_name: str
    attempt_id: int
    """The failed attempt's."""
    return_code: int
    """The script's; 126 if it could not be started."""
    job_return_code: int
    """The exit code of the job that the script ran for."""
    duration_seconds: float
    compute_node_id: ComputeNodeId | None = None
    run_id: int


class RecoveryScriptCompleted(RecoveryScriptEnded, frozen=True, kw_only=True):
    """A recovery script exited with 0."""

    event_type = EventType.RECOVERY_SCRIPT_COMPLETED
    sentence = (
        "The recovery script of job {job_name} ({job_id}) completed after exit code "
        "{job_return_code} of attempt {attempt_id}."
    )


class RecoveryScriptFailed(RecoveryScriptEnded, frozen=True, kw_only=True):
    """A recovery script failed, was stopped, or could not be started."""

    event_type = EventType.RECOVERY_SCRIPT_FAILED
    severity = Severity.WARNING
    sentence = (
        "The recovery script of job {job_name} ({job_id}) ended with exit code {return_code} after "
        "exit code {job_return_code} of attempt {attempt_id}."
    )


class ActionExecuted(EventRecord, frozen=True, kw_only=True):
    """A client claimed an action, to execute it."""

    event_type = EventType.ACTION_EXECUTED
    sentence = "Action {action_id} is executed."

    action_id: ActionId
    compute_node_id: ComputeNodeId | None


class ActionEnded(EventRecord, frozen=True, kw_only=True):
    """A runner has executed an action."""

    action_id: ActionId
    compute_node_id: ComputeNodeId
    return_code: int
    """0, or that of the command that failed."""
    duration_seconds: float
    command: str | None = None
    """The command that failed; no other was started after it."""


class ActionCompleted(ActionEnded, frozen=True, kw_only=True):
    """All commands of an action exited with 0, or its nodes were requested."""

    event_type = EventType.ACTION_COMPLETED
    sentence = "Action {action_id} completed on node {compute_node_id}."


class ActionFailed(ActionEnded, frozen=True, kw_only=True):
    """A command of an action failed or was stopped, or its nodes could not be requested."""

    event_type = EventType.ACTION_FAILED
    severity = Severity.WARNING
    sentence = (
        "Action {action_id} failed on node {compute_node_id} with exit code {return_code}; "
        "the workflow goes on."
    )


class ActionAbandoned(EventRecord, frozen=True, kw_only=True):
    """A runner ended while it executed an action, which is not executed again in this run."""

    event_type = EventType.ACTION_ABANDONED
    severity = Severity.WARNING
    sentence = (
        "Node {compute_node_id} was executing action {action_id} when it ended; "
        "the action is not executed again in this run."
    )

    action_id: ActionId
    compute_node_id: ComputeNodeId


class ActionReleased(EventRecord, frozen=True, kw_only=True):
    """A runner ended while it requested nodes for an action; another may request the rest."""

    event_type = EventType.ACTION_RELEASED
    severity = Severity.WARNING
    sentence = (
        "Node {compute_node_id} was requesting nodes for action {action_id} when it ended; "
        "those that are missing may be requested by another runner, or by torc submit."
    )

    action_id: ActionId
    compute_node_id: ComputeNodeId


def action_event(action_id: ActionId, end: ActionEnd) -> ActionEnded:
    """Return the event of the end of an action."""
    record = ActionFailed if end.return_code else ActionCompleted
    return record(action_id=action_id, **msgspec.structs.asdict(end))


def recovery_event(
    end: JobEnd,
    recovery: RecoveryEnd,
    *,
    job_name: str,
    attempt_id: int,
    compute_node_id: ComputeNodeId,
    run_id: int,
) -> RecoveryScriptEnded:
    """Return the event of the recovery script that ran after an attempt."""
    record = RecoveryScriptFailed if recovery.return_code else RecoveryScriptCompleted
    return record(
        job_id=end.job_id,
        job_name=job_name,
        attempt_id=attempt_id,
        return_code=recovery.return_code,
        job_return_code=end.return_code,
        duration_seconds=recovery.duration_seconds,
        compute_node_id=compute_node_id,
        run_id=run_id,
    )
