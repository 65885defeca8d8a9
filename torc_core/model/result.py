"""Results: the stored records of completed attempts."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from torc_core.model.ids import ComputeNodeId, JobId, ResultId, WorkflowId
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire, stated

LOST_RETURN_CODE = -128
"""Return code of an attempt that was lost with its guard, its runner, its node or its allocation;
processes never have it. It is the number of the reference."""
LOST_ATTEMPTS_LIMIT = 5
"""So many attempts a job may lose in one run; with the last of them it fails, as it may be the
cause. HyperQueue counts crashes of workers in the same way, with the same limit."""


class Result(Wire, frozen=True, kw_only=True):
    """The record of one completed attempt."""

    id: ResultId | None = None
    job_id: JobId
    job_name: str | None = None
    """Set in responses, ignored in requests."""
    workflow_id: WorkflowId
    run_id: int
    attempt_id: int = stated(1)
    compute_node_id: ComputeNodeId
    return_code: int
    exec_time_minutes: float
    """Wall time."""
    completion_time: str
    """UTC, ISO 8601 with milliseconds and Z."""
    status: JobStatus
    peak_memory_bytes: int | None = None
    avg_memory_bytes: int | None = None
    peak_cpu_percent: float | None = None
    """Percent; 100 is one core."""
    avg_cpu_percent: float | None = None


class Results(Wire, frozen=True, kw_only=True):
    """Results of one workflow, created in one transaction."""

    results: list[Result]


class ResultPatch(Wire, frozen=True, kw_only=True):
    """The fields of a result to change; null clears those that may be empty."""

    job_id: JobId | None = None
    run_id: int | None = None
    attempt_id: int | None = None
    compute_node_id: ComputeNodeId | None = None
    return_code: int | None = None
    exec_time_minutes: float | None = None
    completion_time: str | None = None
    status: JobStatus | None = None
    peak_memory_bytes: int | UnsetType | None = UNSET
    avg_memory_bytes: int | UnsetType | None = UNSET
    peak_cpu_percent: float | UnsetType | None = UNSET
    avg_cpu_percent: float | UnsetType | None = UNSET
