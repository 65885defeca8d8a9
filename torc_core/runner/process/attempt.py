"""One attempt of a job on this machine: its processes, and the reports of its completion."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from torc_core.clock import utc_text
from torc_core.model.exchange import ClaimedJob, JobEnd
from torc_core.model.ids import FileId, JobId
from torc_core.model.status import JobStatus
from torc_core.runner.guard.messages import Exited, Refused, Skipped, Started
from torc_core.runner.policy.exit_outcome import EXIT_CANNOT_START, ExitOutcome, StopReason
from torc_core.runner.policy.monitoring.sampling import Usage, job_totals
from torc_core.runner.policy.outputs.written import FileState
from torc_core.runner.process.guard_client import GuardClient


class Lost(NamedTuple):
    """A process whose guard is gone, so that its exit is not known; it was ended."""


class Taken(NamedTuple):
    """A process that another runner has taken over."""


ProcessEvent = Started | Refused | Skipped | Exited | Lost | Taken
"""What happens to a process that a guard was asked to start."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """The recovery script of an attempt."""

    completion: JobEnd
    """What to report of the attempt, but for what the script decides."""
    started: float
    """On the monotonic clock."""


class GuardedProcess(msgspec.Struct, frozen=True, eq=False):
    """A process of an attempt, by its number at its guard."""

    guard: GuardClient
    id: int


class Attempt(msgspec.Struct, eq=False):
    """A job whose process, or whose recovery script, is running."""

    claimed: ClaimedJob
    gpus: tuple[str, ...]
    started: float
    """On the monotonic clock."""
    started_ms: int
    """Milliseconds since 1970."""
    usage: Usage
    cpus: tuple[int, ...] = ()
    """Those that it has to itself; empty for all."""
    outputs_before: dict[FileId, FileState] = {}
    """Its output files that existed before its start; of one that is not in here, being there after
    its end is enough."""
    processes: list[GuardedProcess] = []
    """Its job's, then its recovery script's; the last one is running."""
    pid: int | None = None
    """Of the one that is running; None until it has started."""
    reaper: int = 0
    """The pid of its guard, which is given the orphans among its processes."""
    is_step: bool = False
    """It runs in a step of an allocation; its process here is only srun."""
    was_queued: bool = False
    """It was to start once another one had completed."""
    signaled: Exited | None = None
    """How a signal has ended its process; set until it is clear whether the runner gets it, too."""
    stop: StopReason | None = None
    recovery: Recovery | None = None
    """Set while its recovery script is running."""

    @property
    def job_id(self) -> JobId:
        """The job's id."""
        return id_of(self.claimed)

    def begin(self, process: GuardedProcess) -> None:
        """Note the process that a guard was asked to start."""
        self.processes = [*self.processes, process]
        self.pid, self.reaper = None, process.guard.pid

    @property
    def token(self) -> int:
        """The attempt's token."""
        return self.claimed.token


def id_of(claimed: ClaimedJob) -> JobId:
    """Return the id of a job that comes from the server, so that it has one."""
    job_id = claimed.job.id
    assert job_id is not None
    return job_id


def job_ids(claimed: ClaimedJob) -> dict[str, int]:
    """Return what identifies an attempt in the runner's log."""
    return {
        "workflow_id": claimed.job.workflow_id,
        "job_id": id_of(claimed),
        "run_id": claimed.run_id,
        "attempt_id": claimed.job.attempt_id,
    }


def completion_without_start(claimed: ClaimedJob, now_ms: int) -> JobEnd:
    """Return the report of an attempt that could not be started."""
    return JobEnd(
        job_id=id_of(claimed),
        token=claimed.token,
        status=JobStatus.FAILED,
        return_code=EXIT_CANNOT_START,
        exec_time_minutes=0.0,
        completion_time=utc_text(now_ms),
    )


def completion_of(
    attempt: Attempt, exited: Exited, outcome: ExitOutcome, file_times: dict[FileId, float]
) -> JobEnd:
    """Return the report of an attempt whose process has exited.

    Args:
        attempt: The attempt, with its samples.
        exited: How its process exited, and when.
        outcome: What its exit means.
        file_times: Modification times of the job's output files, by file id.
    """
    elapsed_s = max(exited.at - attempt.started, 1e-6)
    totals = None
    if not attempt.is_step:
        totals = job_totals(
            attempt.usage,
            elapsed_s=elapsed_s,
            cpu_s=exited.cpu_s,
            largest_bytes=exited.peak_memory_bytes,
        )
    return JobEnd(
        job_id=attempt.job_id,
        token=attempt.token,
        status=outcome.status,
        return_code=outcome.exit_code,
        exec_time_minutes=elapsed_s / 60,
        start_time=utc_text(attempt.started_ms),
        completion_time=utc_text(attempt.started_ms + int(elapsed_s * 1000)),
        peak_memory_bytes=totals and totals.peak_memory_bytes,
        avg_memory_bytes=totals and totals.avg_memory_bytes,
        peak_cpu_percent=totals and totals.peak_cpu_percent,
        avg_cpu_percent=totals and totals.avg_cpu_percent,
        output_file_mtimes=file_times,
        retry=outcome.retries,
        interrupted=outcome.interrupted,
    )
