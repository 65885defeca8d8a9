"""The present attempt of a job, or the one that it ended with."""

from __future__ import annotations

from datetime import UTC, datetime

from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import ACTIVE, ENDED, JobStatus
from torc_core.moments import read_moment


def result_of(job: Job) -> Result | None:
    """Return the result that the job's status comes from; None for one that is to run (again)."""
    result = job.latest_result
    is_over = job.status in ENDED or job.status is JobStatus.PENDING_FAILED
    return result if is_over else None


def ended_at(job: Job) -> float | None:
    """Return when the attempt was over; seconds since 1970."""
    result = result_of(job)
    return None if result is None else read_moment(result.completion_time)


def started_at(job: Job) -> float | None:
    """Return when the attempt started; seconds since 1970."""
    result, end = result_of(job), ended_at(job)
    if result is None or end is None:
        return read_moment(job.start_time) if job.status in ACTIVE and job.start_time else None
    return end - result.exec_time_minutes * 60


def seconds_of(job: Job, now: float) -> float | None:
    """Return how long the attempt took, or takes so far."""
    result = result_of(job)
    if result is not None:
        return max(0.0, result.exec_time_minutes * 60)
    start = started_at(job)
    return None if start is None else max(0.0, now - start)


def node_id_of(job: Job) -> int | None:
    """Return the id of the node that the attempt runs on, or ran on."""
    result = result_of(job)
    return job.compute_node_id if result is None else result.compute_node_id


def as_text(moment: float | None) -> str | None:
    """Return a moment as times are written on the wire."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
