"""Workflows. The status lives in the same row, so its id is the workflow's id."""

from __future__ import annotations

from typing import Any

from torc_core.model.ids import WorkflowId
from torc_server.storage.tables.columns import NUMBERED, Row, count, json, key, text, wide


class WorkflowRow(Row, table=True):
    """A workflow, its settings and its status."""

    __tablename__ = "workflow"
    __table_args__ = NUMBERED

    id: WorkflowId = key()
    name: str = text()
    user: str = text()
    description: str | None = text(nullable=True)
    timestamp: str = text()
    project: str | None = text(nullable=True)
    workflow_metadata: str | None = text(nullable=True)
    """`metadata` on the wire; SQLModel reserves that name."""
    compute_node_expiration_buffer_seconds: int = wide()
    compute_node_wait_for_new_jobs_seconds: int = wide()
    compute_node_ignore_workflow_completion: bool
    compute_node_wait_for_healthy_database_minutes: int = wide()
    compute_node_min_time_for_new_jobs_seconds: int = wide()
    jobs_sort_method: str = text()
    resource_monitor_config: str | None = text(nullable=True)
    slurm_defaults: str | None = text(nullable=True)
    execution_config: str | None = text(nullable=True)
    use_pending_failed: bool = False
    env: Any = json()
    """Environment variables of all its jobs' processes, by name."""
    dynamic_jobs: Any = json()
    """The bounds of jobs that add jobs: see `DynamicJobs`."""
    enable_ro_crate: bool = False
    submission_directory: str | None = text(nullable=True)
    run_id: int = wide(default=0)
    is_canceled: bool = False
    is_archived: bool = False
    has_detected_need_to_run_completion_script: bool = False
    completion_recorded: bool = False
    """Whether this run's completion has been noticed: its event and actions happen once."""
    deletions: int = count()
    """How often rows of it were deleted, its jobs got other dependencies or names, or a result was
    changed: what was counted before holds no longer."""
