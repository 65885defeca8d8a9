"""Workflow actions: what to do once when a workflow or its jobs reach a state."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from torc_core.model.compute import SchedulerType
from torc_core.model.ids import ActionId, ComputeNodeId, JobId, WorkflowId
from torc_core.model.wire import Wire, stated


class TriggerType(StrEnum):
    """The moments at which an action becomes due."""

    ON_WORKFLOW_START = "on_workflow_start"
    ON_WORKFLOW_COMPLETE = "on_workflow_complete"
    ON_WORKER_START = "on_worker_start"
    ON_WORKER_COMPLETE = "on_worker_complete"
    ON_JOBS_READY = "on_jobs_ready"
    ON_JOBS_COMPLETE = "on_jobs_complete"


JOB_TRIGGERS = frozenset({TriggerType.ON_JOBS_READY, TriggerType.ON_JOBS_COMPLETE})
"""The triggers of actions on jobs: due once all of their jobs have become so."""
WORKER_TRIGGERS = frozenset({TriggerType.ON_WORKER_START, TriggerType.ON_WORKER_COMPLETE})
"""The triggers of actions for each runner."""


class ActionType(StrEnum):
    """What an action does."""

    RUN_COMMANDS = "run_commands"
    SCHEDULE_NODES = "schedule_nodes"


class WorkflowAction(Wire, frozen=True, kw_only=True):
    """Something to do once when a workflow or its jobs reach a state."""

    id: ActionId | None = None
    workflow_id: WorkflowId
    trigger_type: str
    """Such as `on_jobs_ready`; a newer server may know more than `TriggerType`."""
    action_type: str
    """`run_commands` or `schedule_nodes`; a newer server may know more."""
    action_config: Any
    job_ids: list[JobId] | None = None
    trigger_count: int = stated(0)
    required_triggers: int = stated(1)
    executed: bool = stated(False)
    executed_at: str | None = None
    executed_by: ComputeNodeId | None = None
    persistent: bool | None = None
    """Executed by each runner, and not by one only. Not said: as `is_persistent` has it."""
    is_recovery: bool = stated(False)

    @property
    def is_triggered(self) -> bool:
        """Whether it is due, or was."""
        return self.trigger_count >= self.required_triggers

    @property
    def is_withdrawn(self) -> bool:
        """Whether it counts as executed without having been due; see `ActionClaim.withdraws`."""
        return self.executed and not self.is_triggered


class ActionClaim(Wire, frozen=True, kw_only=True):
    """The node that is to execute an action."""

    compute_node_id: ComputeNodeId | None = None
    reports_end: bool = False
    """Whether the node will report how the execution ended. The reference's runners do not, so
    nothing is known of what they were executing when they end."""
    withdraws: bool = False
    """It is not to be carried out before the next initialization, even if it was claimed before."""


class ActionClaimReply(Wire, frozen=True, kw_only=True):
    """The caller has claimed the action. Three client generations read three keys."""

    claimed: bool
    success: bool
    action_id: ActionId


class ActionEnd(Wire, frozen=True, kw_only=True):
    """How the execution of an action ended."""

    compute_node_id: ComputeNodeId
    return_code: int
    """0, or that of the command that failed, after which no other was started."""
    duration_seconds: float
    command: str | None = None
    """The command that failed."""


def is_persistent(trigger_type: str, stated: bool | None) -> bool:
    """Return whether each runner executes an action, given what its author says about it.

    Unless it says otherwise, an action on the start or the end of runners is for each of them.
    """
    return trigger_type in WORKER_TRIGGERS if stated is None else stated


def requests_slurm_nodes(action_type: object, scheduler_type: object) -> bool:
    """Return whether an action of this type requests nodes of Slurm, whose type is the default."""
    is_slurm = scheduler_type in {None, "", SchedulerType.SLURM}
    return is_slurm and action_type == ActionType.SCHEDULE_NODES
