"""Compute nodes: the machines on which runners claim and run jobs."""

from __future__ import annotations

from typing import Any

from torc_core.model.wire import Wire, stated


class ComputeNode(Wire, frozen=True, kw_only=True):
    """One runner on one machine, for one workflow."""

    id: int | None = None
    workflow_id: int
    hostname: str
    pid: int
    start_time: str
    """RFC 3339."""
    duration_seconds: float | None = None
    is_active: bool | None = None
    num_cpus: int
    memory_gb: float
    """Gibibytes."""
    num_gpus: int
    num_nodes: int
    time_limit: str | None = None
    """ISO 8601 duration from `start_time`; none means unlimited."""
    scheduler_config_id: int | None = None
    compute_node_type: str
    scheduler: Any = None


class ComputeNodePatch(Wire, frozen=True, kw_only=True):
    """The fields of a compute node to change."""

    hostname: str | None = None
    pid: int | None = None
    start_time: str | None = None
    duration_seconds: float | None = None
    is_active: bool | None = None
    num_cpus: int | None = None
    memory_gb: float | None = None
    num_gpus: int | None = None
    num_nodes: int | None = None
    time_limit: str | None = None
    scheduler_config_id: int | None = None
    compute_node_type: str | None = None
    scheduler: Any = None


class ComputeNodesResources(Wire, frozen=True, kw_only=True):
    """What a claimer has free."""

    id: int | None = None
    num_cpus: int
    memory_gb: float
    num_gpus: int
    num_nodes: int
    time_limit: str | None = None
    scheduler_config_id: int | None = None


class ScheduledComputeNode(Wire, frozen=True, kw_only=True):
    """An allocation asked of a scheduler."""

    id: int | None = None
    workflow_id: int
    scheduler_id: int
    """The scheduler's own number of the allocation."""
    scheduler_config_id: int
    scheduler_type: str
    status: str
    """`pending`, `active` or `complete`."""


class ScheduledComputeNodePatch(Wire, frozen=True, kw_only=True):
    """The fields of a scheduled compute node to change."""

    scheduler_id: int | None = None
    scheduler_config_id: int | None = None
    scheduler_type: str | None = None
    status: str | None = None


class RemoteWorker(Wire, frozen=True, kw_only=True):
    """A machine of the user, `[user@]host[:port]`, that may run a workflow's jobs over SSH."""

    worker: str
    workflow_id: int


class WorkflowAction(Wire, frozen=True, kw_only=True):
    """Something to do once when a workflow or its jobs reach a state."""

    id: int | None = None
    workflow_id: int
    trigger_type: str
    action_type: str
    action_config: Any
    job_ids: list[int] | None = None
    trigger_count: int = stated(0)
    required_triggers: int = stated(1)
    executed: bool = stated(False)
    executed_at: str | None = None
    executed_by: int | None = None
    persistent: bool = stated(False)
    is_recovery: bool = stated(False)


class ActionClaim(Wire, frozen=True, kw_only=True):
    """Who wants to execute an action."""

    compute_node_id: int | None = None


class ActionClaimReply(Wire, frozen=True, kw_only=True):
    """The action belongs to the caller. Three generations of clients look at three keys."""

    claimed: bool
    success: bool
    action_id: int


TRIGGER_TYPES = (
    "on_workflow_start",
    "on_workflow_complete",
    "on_worker_start",
    "on_worker_complete",
    "on_jobs_ready",
    "on_jobs_complete",
)
ACTION_TYPES = ("run_commands", "schedule_nodes")
