"""Long work that the server does after it has answered."""

from __future__ import annotations

from torc_core.model.ids import TaskId, WorkflowId
from torc_server.storage.tables.columns import NUMBERED, Row, key, reference, text, wide


class TaskRow(Row, table=True):
    """One piece of work on a workflow."""

    __tablename__ = "task"
    __table_args__ = NUMBERED

    id: TaskId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    operation: str = text()
    status: str = text()
    """`queued`, `running`, `succeeded` or `failed`."""
    created_at: int = wide()
    started_at: int | None = wide(nullable=True)
    finished_at: int | None = wide(nullable=True)
    error: str | None = text(nullable=True)
    server: int | None = wide(nullable=True)
    """Which server works on it; null: the one that did has stopped."""
