"""Workflow runs: each start or resume of a workflow."""

from __future__ import annotations

from sqlalchemy import Index

from torc_core.model.ids import ComputeNodeId, WorkflowId, WorkflowRunId
from torc_server.storage.tables.columns import (
    NUMBERED,
    Row,
    key,
    only,
    reference,
    text,
    weak_reference,
    wide,
)


class WorkflowRunRow(Row, table=True):
    """One start or resume, with the process that runs jobs for it."""

    __tablename__ = "workflow_run"
    __table_args__ = (
        Index("ux_workflow_run_request", "workflow_id", "request_key", unique=True),
        Index(  # of two cold resumes at once, one waits for the jobs of earlier runs
            "ux_workflow_run_resuming",
            "workflow_id",
            unique=True,
            **only("status = 'resuming'"),
        ),
        NUMBERED,
    )

    id: WorkflowRunId = key()
    workflow_id: WorkflowId = reference("workflow.id")
    run_id: int = wide()
    kind: str = text()
    """A `RunKind`."""
    status: str = text()
    """A `RunStatus`; `stalled` is not stored, it follows from the heartbeat."""
    user: str = text()
    host: str | None = text(nullable=True)
    boot_id: str | None = text(nullable=True)
    pid: int | None = wide(nullable=True)
    pid_start: int | None = wide(nullable=True)
    pid_namespace: int | None = wide(nullable=True)
    compute_node_id: ComputeNodeId | None = weak_reference("compute_node.id", index=True)
    """The node of its runner, whose heartbeats are those of the run."""
    request_key: str | None = text(nullable=True)
    """What the client called its request, so that a repeated one gets the same run."""
    created_at: int = wide()
    heartbeat_at: int = wide()
    """The latest heartbeat before it had a node."""
    heartbeat_interval: float
    report_by_buffer: float
    ended_at: int | None = wide(nullable=True)
    exit_code: int | None = wide(nullable=True)
    reason: str | None = text(nullable=True)
