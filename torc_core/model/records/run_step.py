"""One step of a run, as its run directory records it: a job, and how far it is."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from torc_core.model.ids import JobId


class StepStatus(StrEnum):
    """How far a step is, as far as the run's process knows."""

    PENDING = "pending"
    """It has not ended, and does not run in this run; that it is ready, the server knows."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    TERMINATED = "terminated"
    DISABLED = "disabled"
    UNKNOWN = "unknown"
    """It was running when the process of the run was last heard of."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A job and its last recorded state."""

    job_id: JobId
    name: str
    status: StepStatus
    changed_at: str | None = None
    """UTC, ISO 8601; None if it did not change in this run."""
