"""One attempt of a job on this machine, from its process's start to the report of its end."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec

from torc_core.clock import now_ms, utc_now, utc_text
from torc_core.model.exchange import ClaimedJob, JobEnd, OutputFile
from torc_core.model.status import JobStatus
from torc_core.runner.monitor.procfs import Usage
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import ExitOutcome, StopReason
from torc_core.runner.process.child import Child, Ended, spawn
from torc_core.runner.process.environment import job_environment

CANNOT_EXECUTE = 126
"""Return code of a job that could not be started; what shells say."""
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


def stdio_of(station: RunnerContext, claimed: ClaimedJob) -> str:
    """Return the path of a job's output without the ending."""
    job = claimed.job
    return output_paths.job_stdio(
        station.output_dir, job.workflow_id, id_of(claimed), claimed.run_id, job.attempt_id
    )


def start_attempt(station: RunnerContext, claimed: ClaimedJob, gpus: tuple[str, ...]) -> Attempt:
    """Start the process of a job that may use these GPUs.

    Raises:
        MachineError: See `spawn`.
    """
    stdio = stdio_of(station, claimed)
    script, command = claimed.job.invocation_script, claimed.job.command
    started, started_ms = time.monotonic(), now_ms()
    child = spawn(
        [station.bash, "-c", f"{script} {command}" if script else command],
        job_environment(station.environment, claimed, gpus),
        stdout=f"{stdio}.o",
        stderr=f"{stdio}.e",
    )
    return Attempt(
        claimed=claimed,
        child=child,
        stdio=stdio,
        gpus=gpus,
        started=started,
        started_ms=started_ms,
        usage=Usage(last_seen=started),
    )


def start_recovery(
    station: RunnerContext, attempt: Attempt, script: str, return_code: int
) -> Child:
    """Start the recovery script of a job that ended with `return_code`; it adds to its output.

    Raises:
        MachineError: See `spawn`.
    """
    return spawn(
        [station.bash, "-c", script],
        job_environment(station.environment, attempt.claimed, attempt.gpus, return_code),
        stdout=f"{attempt.stdio}.o",
        stderr=f"{attempt.stdio}.e",
        append=True,
    )


def write_stderr(stdio: str, text: str) -> None:
    """Add a line of the runner's own to a job's stderr, if the disk allows."""
    with contextlib.suppress(OSError), Path(f"{stdio}.e").open("a", encoding="utf-8") as file:
        file.write(f"torc: {text}\n")


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


def end_without_start(claimed: ClaimedJob) -> JobEnd:
    """Return the report of an attempt that could not be started."""
    return JobEnd(
        job_id=id_of(claimed),
        token=claimed.token,
        status=JobStatus.FAILED,
        return_code=CANNOT_EXECUTE,
        exec_time_minutes=0.0,
        completion_time=utc_now(),
    )


def make_end(
    attempt: Attempt, ended: Ended, verdict: ExitOutcome, times: dict[int, float], now: float
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
        retry=verdict.goes_again,
    )
