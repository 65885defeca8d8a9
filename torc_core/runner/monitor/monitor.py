"""Samples running jobs and the node: how much memory and CPU they use, and whether too much."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import NamedTuple

from torc_core.clock import Clock
from torc_core.runner.logs import log
from torc_core.runner.monitor.job_meter import JobMeter
from torc_core.runner.monitor.series import TimeSeries
from torc_core.runner.policy.monitoring.sampling import (
    CHECK_S,
    FIRST_SAMPLE_S,
    Sample,
    Usage,
    check_delay_s,
    is_due,
    next_sample_delay_s,
)
from torc_core.runner.policy.monitoring.settings import Monitoring
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import Attempt

SHARE = 0.01
"""The part of one core that sampling jobs may take, unless limits would be delayed."""


class Instruments(NamedTuple):
    """What is measured with, and where samples go; a simulator has its own."""

    jobs: JobMeter
    node: Callable[[], Sample]
    series: TimeSeries


class ResourceMonitor:
    """Samples jobs and the node.

    Args:
        settings: What to measure.
        timers: Where the next look is scheduled.
        clock: The time.
        instruments: What it measures with.
    """

    def __init__(
        self,
        settings: Monitoring,
        timers: Timers,
        clock: Clock,
        instruments: Instruments,
    ) -> None:
        self._settings = settings
        self._timers = timers
        self._clock = clock
        self._meter, self._measure_node, self._series = instruments
        self._rested = clock.monotonic()
        """When there may be a further look, so that looks take no more than their share."""
        self.node_usage = Usage(last_sampled=clock.monotonic())
        """What was used on the whole machine while jobs were running."""

    def schedule(self, attempt: Attempt) -> None:
        """Schedule the first look at an attempt that was just started."""
        if self._settings.is_on or self._meter.limit_of(attempt) is not None:
            self._look_at(self._clock.monotonic() + FIRST_SAMPLE_S)

    def sample(self, running: Collection[Attempt]) -> list[Attempt]:
        """Sample jobs that are old enough; return those that exceed their memory."""
        now = self._clock.monotonic()
        watched = [attempt for attempt in running if self._is_watched(attempt)]
        sampled = self._measure([each for each in watched if now - each.started >= FIRST_SAMPLE_S])
        delays = [self._settings.interval_s] if running and self._settings.is_on else []
        if watched:
            youngest_s = min(now - attempt.started for attempt in watched)
            delays.append(next_sample_delay_s(youngest_s, self._settings.interval_s))
        exceeding = []
        for attempt, sample in sampled:
            limit = self._meter.limit_of(attempt)
            if limit is not None:
                growth = attempt.usage.growth(sample, now)
                delays.append(check_delay_s(sample.memory_bytes, limit, growth))
                if sample.memory_bytes > limit:
                    exceeding.append(attempt)
            attempt.usage.add(sample, now)
        self._series.add_jobs(sampled, now)
        if running and self._settings.node:
            self._sample_node(now)
        self._series.flush(now)
        if delays:
            self._look_at(now + min(delays))
        return exceeding

    def close(self) -> None:
        """Store what is not stored yet."""
        self._series.close()

    def _measure(self, attempts: Collection[Attempt]) -> list[tuple[Attempt, Sample]]:
        before = time.thread_time()
        try:
            return self._meter.measure(attempts)
        except OSError as error:
            log.warning("What jobs use cannot be read", error=error)
            return []
        finally:
            pause_s = (time.thread_time() - before) / SHARE
            self._rested = self._clock.monotonic() + min(pause_s, CHECK_S)

    def _sample_node(self, now: float) -> None:
        usage = self.node_usage
        if not usage.samples or is_due(usage.last_sampled, now, self._settings.interval_s):
            usage.add(self._measure_node(), now)
            self._series.add_node(usage)

    def _look_at(self, moment: float) -> None:
        self._timers.set_earlier(Timer(TimerKind.SAMPLE), max(moment, self._rested))

    def _is_watched(self, attempt: Attempt) -> bool:
        """Return whether a job is to be measured; a recovery script is not the job, nor is srun."""
        is_wanted = self._settings.jobs or self._meter.limit_of(attempt) is not None
        is_job = attempt.recovery is None and not attempt.is_step
        return is_wanted and is_job and attempt.pid is not None
