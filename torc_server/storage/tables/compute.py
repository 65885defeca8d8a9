"""Compute nodes, allocations, remote workers and actions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field

from torc_core.model.ids import (
    ActionId,
    AllocationId,
    ComputeNodeId,
    JobId,
    SchedulerId,
    WorkflowId,
)
from torc_server.storage.tables.columns import (
    NUMBERED,
    TEXT,
    Row,
    json,
    key,
    reference,
    text,
    weak_reference,
    wide,
)


class ComputeNodeRow(Row, table=True):
    """One runner on one machine, for one workflow."""

    __tablename__ = "compute_node"
    __table_args__ = NUMBERED

    id: ComputeNodeId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    hostname: str = text()
    pid: int = wide()
    start_time: str = text()
    duration_seconds: float | None = None
    is_active: bool | None = None
    num_cpus: int = wide()
    memory_gb: float
    num_gpus: int = wide()
    num_nodes: int = wide()
    time_limit: str | None = text(nullable=True)
    scheduler_config_id: SchedulerId | None = wide(nullable=True)
    compute_node_type: str = text()
    scheduler: Any = json()
    last_seq: int = wide(default=0)
    """The newest exchange; a waiting one with a smaller number is superseded."""
    last_seen_at: int | None = wide(nullable=True)
    """When the latest heartbeat came."""
    suspect_at: int | None = wide(nullable=True)
    """Since when it is suspect: the next one is overdue."""
    boot_id: str | None = text(nullable=True)
    """Names the run of its machine: a host that is started again has another one."""
    shutdown: str | None = text(nullable=True)
    """What its runner is asked to do, a `Shutdown`: in its next exchange it hears of it."""
    shutdown_reason: str | None = text(nullable=True)
    peak_cpu_percent: float | None = None
    avg_cpu_percent: float | None = None
    peak_memory_bytes: int | None = wide(nullable=True)
    avg_memory_bytes: int | None = wide(nullable=True)
    sample_count: int | None = wide(nullable=True)


class ScheduledComputeNodeRow(Row, table=True):
    """An allocation asked of a scheduler."""

    __tablename__ = "scheduled_compute_node"
    __table_args__ = (
        Index("ux_scheduled_compute_node_request", "workflow_id", "request_key", unique=True),
        NUMBERED,
    )

    id: AllocationId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    request_key: str | None = text(nullable=True)
    """What the submitter called its request, so that a repeated one gets the same record."""
    slurm_cluster: str | None = text(nullable=True)
    scheduler_id: int = wide()
    scheduler_config_id: SchedulerId = wide()
    scheduler_type: str = text()
    status: str = text()


class RemoteWorkerRow(Row, table=True):
    """A machine of the user that may run a workflow's jobs over SSH."""

    __tablename__ = "remote_worker"

    workflow_id: WorkflowId = reference("workflow.id", primary_key=True)
    worker: str = Field(sa_column=Column(TEXT, primary_key=True))


class WorkflowActionRow(Row, table=True):
    """Something to do once when a workflow or its jobs reach a state."""

    __tablename__ = "workflow_action"
    __table_args__ = NUMBERED

    id: ActionId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    trigger_type: str = text()
    action_type: str = text()
    action_config: Any = json()
    trigger_count: int = wide(default=0)
    required_triggers: int = wide(default=1)
    executed: bool = False
    executed_at: str | None = text(nullable=True)
    executed_by: ComputeNodeId | None = weak_reference("compute_node.id", index=True)
    persistent: bool = False
    is_recovery: bool = False


class ActionExecutionRow(Row, table=True):
    """The latest time that a runner executed an action."""

    __tablename__ = "action_execution"

    action_id: ActionId = reference("workflow_action.id", primary_key=True)
    compute_node_id: ComputeNodeId = reference("compute_node.id", primary_key=True, index=True)
    started_at: int = wide()
    ended_at: int | None = wide(nullable=True)
    return_code: int | None = wide(nullable=True)
    """None until the runner said how it ended; it may be gone."""


class WorkflowActionJobRow(Row, table=True):
    """A job whose state triggers an action."""

    __tablename__ = "workflow_action_job"

    action_id: ActionId = reference("workflow_action.id", primary_key=True)
    job_id: JobId = reference("job.id", primary_key=True, index=True)
