"""One attempt of a job on this machine, from its process's start to the report of its end."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.clock import utc_text
from torc_core.model.exchange import ClaimedJob, JobEnd, OutputFile
from torc_core.runner.process import Child, Ended
from torc_core.runner.sampler import Usage
from torc_core.runner.verdict import StopReason, Verdict

_DEFAULT_LIMITS = (2**20, 60)
"""Memory in bytes and runtime in seconds of the requirements that nobody asked for."""


class Attempt(msgspec.Struct):
    """A job whose process, or whose recovery script, runs."""

    claimed: ClaimedJob
    child: Child
    stdio: str
    """Path of its output without the ending."""
    gpus: tuple[str, ...]
    started: float
    """On the monotonic clock."""
    started_ms: int
    """Milliseconds since 1970."""
    usage: Usage
    stop: StopReason | None = None
    end: JobEnd | None = None
    """Set while its recovery script runs: what to report after it."""

    @property
    def job_id(self) -> int:
        """The job's id."""
        return id_of(self.claimed)


def id_of(claimed: ClaimedJob) -> int:
    """Return the id of a job that comes from the server, so that it has one."""
    job_id = claimed.job.id
    assert job_id is not None
    return job_id


def has_limits(claimed: ClaimedJob) -> bool:
    """Return whether a job's memory and runtime are somebody's wish, not the default ones."""
    return (claimed.memory_bytes, claimed.runtime_seconds) != _DEFAULT_LIMITS


def look_at_outputs(files: list[OutputFile]) -> tuple[dict[int, float], list[str]]:
    """Return the modification times of files that exist, by file id, and the paths of others."""
    times: dict[int, float] = {}
    missing: list[str] = []
    for file in files:
        try:
            times[file.id] = Path(file.path).stat().st_mtime
        except (OSError, ValueError):
            missing.append(file.path)
    return times, missing


def make_end(
    attempt: Attempt, ended: Ended, verdict: Verdict, times: dict[int, float], now: float
) -> JobEnd:
    """Return the report of an attempt whose process has ended at monotonic time `now`."""
    elapsed_s = max(now - attempt.started, 1e-6)
    usage = attempt.usage
    average_cpu = ended.cpu_s / elapsed_s * 100
    peak_memory = max(usage.peak_memory_bytes, ended.peak_memory_bytes or 0) or None
    average_memory = usage.total_memory_bytes // usage.samples if usage.samples else peak_memory
    return JobEnd(
        job_id=attempt.job_id,
        token=attempt.claimed.token,
        status=verdict.status,
        return_code=verdict.return_code,
        exec_time_minutes=elapsed_s / 60,
        start_time=utc_text(attempt.started_ms),
        completion_time=utc_text(attempt.started_ms + int(elapsed_s * 1000)),
        peak_memory_bytes=peak_memory,
        avg_memory_bytes=average_memory,
        peak_cpu_percent=max(usage.peak_cpu_percent, average_cpu),
        avg_cpu_percent=average_cpu,
        output_file_mtimes=times,
    )
