"""Samples running jobs: how much memory and CPU they use, and whether too much."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Collection

from torc_core.clock import Clock
from torc_core.runner.monitor import procfs, psutil_scan
from torc_core.runner.monitor.process_tree import Process, sample_sessions
from torc_core.runner.monitor.samples import SampleDatabase, StoredSample
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.limits import memory_limit
from torc_core.runner.policy.sampling import FIRST_SAMPLE_S, Sample, next_sample_delay_s
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import Attempt

log = logging.getLogger("torc.runner")


def open_samples(context: RunnerContext) -> SampleDatabase | None:
    """Return where samples are stored, if the workflow asks for a time series."""
    if not context.monitoring.keeps_time_series:
        return None
    label = f"{context.hostname}_{context.workflow_id}_{context.run_id}"
    try:
        path = output_paths.metrics_database(context.output_dir, label)
        return SampleDatabase(path, context.log_mode)
    except (OSError, sqlite3.Error) as error:
        log.warning("samples are not stored: %s", error)
        return None


def choose_scan() -> Callable[[], dict[int, Process]]:
    """Return how to list the processes of this machine."""
    return procfs.scan if procfs.is_available() else psutil_scan.scan


class ResourceMonitor:
    """Samples jobs.

    Args:
        interval_s: Seconds between samples of jobs that have run for a while; None for none.
        timers: Where the next sample is scheduled.
        clock: The time.
        scan: Returns all processes, by pid.
        database: Stores every sample, if the workflow asks for that.
    """

    def __init__(
        self,
        interval_s: float | None,
        timers: Timers,
        clock: Clock,
        *,
        scan: Callable[[], dict[int, Process]],
        database: SampleDatabase | None = None,
    ) -> None:
        self._interval_s = interval_s
        self._timers = timers
        self._clock = clock
        self._scan = scan
        self._database = database

    def schedule(self, youngest_age_s: float) -> None:
        """Schedule the next sample, soon for young jobs."""
        if self._interval_s is not None:
            delay_s = next_sample_delay_s(youngest_age_s, self._interval_s)
            self._timers.set_earlier(Timer(TimerKind.SAMPLE), self._clock.monotonic() + delay_s)

    def sample(self, running: Collection[Attempt]) -> list[Attempt]:
        """Sample jobs that are old enough; return those that exceed their memory."""
        now = self._clock.monotonic()
        sampled = self._take_samples(running, now)
        for attempt, sample in sampled:
            attempt.usage.add(sample, now)
        if sampled and self._database is not None:
            self._store(self._database, sampled)
        if running:
            self.schedule(min(now - attempt.started for attempt in running))
        return [
            attempt
            for attempt, sample in sampled
            if (limit := memory_limit(attempt.claimed)) is not None and sample.memory_bytes > limit
        ]

    def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            self._database.close()

    def _take_samples(
        self, running: Collection[Attempt], now: float
    ) -> list[tuple[Attempt, Sample]]:
        by_pid = {
            attempt.child.pid: attempt
            for attempt in running
            if now - attempt.started >= FIRST_SAMPLE_S and attempt.completion is None
        }
        samples: dict[int, Sample] = {}
        if by_pid:
            with contextlib.suppress(OSError):
                samples = sample_sessions(self._scan(), by_pid.keys())
        return [(by_pid[pid], sample) for pid, sample in samples.items()]

    def _store(self, database: SampleDatabase, sampled: list[tuple[Attempt, Sample]]) -> None:
        second = self._clock.wall_ms() // 1000
        try:
            database.add(
                StoredSample(
                    job_id=attempt.job_id,
                    job_name=attempt.claimed.job.name,
                    timestamp=second,
                    cpu_percent=attempt.usage.cpu_percent,
                    memory_bytes=sample.memory_bytes,
                    num_processes=sample.num_processes,
                )
                for attempt, sample in sampled
            )
        except sqlite3.Error as error:
            # Samples are worth less than the jobs: a full disk must not end them.
            log.warning("samples are no longer stored: %s", error)
            database.close()
            self._database = None
