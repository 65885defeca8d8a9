"""Long work that a server does after it has answered."""

from __future__ import annotations

from enum import StrEnum

from torc_core.model.wire import Wire, stated


class TaskStatus(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


UNFINISHED = frozenset({TaskStatus.QUEUED, TaskStatus.RUNNING})


class Task(Wire, frozen=True, kw_only=True):
    """One piece of work on a workflow. Times are milliseconds since 1970, UTC."""

    id: int
    workflow_id: int
    operation: str
    """The operation that began it, such as `initialize_jobs`."""
    status: TaskStatus
    created_at_ms: int
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
    error: str | None = None
    """Why it failed."""


class ActiveTask(Wire, frozen=True, kw_only=True):
    """The task of a workflow that has not finished."""

    task: Task | None = stated(None)
