"""Tasks: long work that the server continues after it has answered."""

from __future__ import annotations

from enum import StrEnum

from torc_core.model.ids import TaskId, WorkflowId
from torc_core.model.wire import Wire, stated


class TaskStatus(StrEnum):
    """The status of a task."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


UNFINISHED = frozenset({TaskStatus.QUEUED, TaskStatus.RUNNING})


class Task(Wire, frozen=True, kw_only=True):
    """Long work on a workflow. Times are in milliseconds since 1970, UTC."""

    id: TaskId
    workflow_id: WorkflowId
    operation: str
    """The operation that started it, such as `initialize_jobs`."""
    status: TaskStatus
    created_at_ms: int
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
    error: str | None = None
    """Why it failed."""


class ActiveTask(Wire, frozen=True, kw_only=True):
    """The unfinished task of a workflow, if there is one."""

    task: Task | None = stated(None)
