"""Events of the commands that run beside jobs: recovery scripts, and those of actions."""

from __future__ import annotations

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
