"""Events: what happened, in the order in which it was committed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from torc_core.model.ids import EventId, WorkflowId
from torc_core.model.wire import Wire, stated


class Severity(StrEnum):
    """How much an event matters."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for debug to 3 for error."""
        return _RANK[self]


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class EventType(StrEnum):
    """The types of the events that the server itself records."""

    WORKFLOW_STARTED = "workflow_started"
    WORKFLOW_REINITIALIZED = "workflow_reinitialized"
    WORKFLOW_CANCELED = "workflow_canceled"
    WORKFLOW_COMPLETED = "workflow_completed"
    WORKFLOW_RESET = "workflow_reset"
    JOB_STARTED = "job_started"
    JOB_COMPLETED = "job_completed"
    JOB_FAILED = "job_failed"
    JOB_CANCELED = "job_canceled"
    JOB_TERMINATED = "job_terminated"
    JOB_PENDING_FAILED = "job_pending_failed"
    JOB_RETRIED = "job_retried"
    JOB_READY = "job_ready"
    JOB_LOST = "job_lost"
    JOB_ADOPTED = "job_adopted"
    LATE_RESULT = "late_result"
    RECOVERY_SCRIPT_COMPLETED = "recovery_script_completed"
    RECOVERY_SCRIPT_FAILED = "recovery_script_failed"
    JOBS_SPAWNED = "jobs_spawned"
    COMPUTE_NODE_STARTED = "compute_node_started"
    COMPUTE_NODE_STOPPED = "compute_node_stopped"
    COMPUTE_NODE_SUSPECTED = "compute_node_suspected"
    COMPUTE_NODE_HEARD = "compute_node_heard"
    RUN_STARTED = "run_started"
    RUN_ENDED = "run_ended"
    COUNTERS_CORRECTED = "counters_corrected"
    RECOVERY_STARTED = "recovery_started"
    RECOVERY_STEP = "recovery_step"
    RECOVERY_TAKEN_OVER = "recovery_taken_over"
    RECOVERY_ENDED = "recovery_ended"
    SCHEDULER_NODE_CREATED = "scheduler_node_created"
    ACTION_EXECUTED = "action_executed"
    ACTION_COMPLETED = "action_completed"
    ACTION_FAILED = "action_failed"
    ACTION_ABANDONED = "action_abandoned"
    ACTION_RELEASED = "action_released"
    USER_ACTION = "user_action"


class Event(Wire, frozen=True, kw_only=True):
    """A stored event. `data` is an object, whose fields depend on the event type."""

    id: EventId | None = None
    workflow_id: WorkflowId
    timestamp: int
    """Milliseconds since 1970, server time."""
    data: Any


class StreamedEvent(Wire, frozen=True, kw_only=True):
    """One frame of the event stream."""

    workflow_id: WorkflowId
    timestamp: int
    """Milliseconds since 1970, server time."""
    event_type: str
    severity: Severity
    data: Any = stated(None)
