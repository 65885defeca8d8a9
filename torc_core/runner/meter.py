"""Looks at running jobs now and then: how much memory and CPU they take, and whether too much."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Collection

from torc_core.runner import sampler
from torc_core.runner.attempt import Attempt, has_limits
from torc_core.runner.deadlines import Deadlines
from torc_core.runner.due import Due, What
from torc_core.runner.metrics import Measurement, MetricsDatabase

log = logging.getLogger("torc.runner")

_SAMPLE = Due(What.SAMPLE)


class Meter:
    """Samples jobs.

    Args:
        interval_s: Seconds between looks at jobs that have run for a while; None for no looks.
        deadlines: Where the next look is entered.
        database: Keeps every sample, if the workflow wants that.
    """

    def __init__(
        self,
        interval_s: float | None,
        deadlines: Deadlines[Due],
        database: MetricsDatabase | None = None,
    ) -> None:
        self._interval_s = interval_s
        self._deadlines = deadlines
        self._database = database

    def plan(self, youngest_age_s: float) -> None:
        """Enter the next look, soon for young jobs."""
        if self._interval_s is not None:
            delay_s = sampler.next_look_s(youngest_age_s, self._interval_s)
            self._deadlines.set_earlier(_SAMPLE, time.monotonic() + delay_s)

    def look(self, running: Collection[Attempt]) -> list[Attempt]:
        """Sample jobs that are old enough; return those that take more memory than they may."""
        now = time.monotonic()
        old = {
            attempt.child.pid: attempt
            for attempt in running
            if now - attempt.started >= sampler.FIRST_LOOK_S and attempt.end is None
        }
        samples: dict[int, sampler.Sample] = {}
        if old:
            with contextlib.suppress(OSError):
                samples = sampler.attribute(sampler.scan(), old.keys())
        for pid, sample in samples.items():
            old[pid].usage.note(sample, now)
        if self._database is not None:
            self._keep(self._database, [(old[pid], sample) for pid, sample in samples.items()])
        if running:
            self.plan(min(now - attempt.started for attempt in running))
        return [
            old[pid]
            for pid, sample in samples.items()
            if has_limits(old[pid].claimed) and sample.memory_bytes > old[pid].claimed.memory_bytes
        ]

    def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            self._database.close()

    def _keep(
        self, database: MetricsDatabase, samples: list[tuple[Attempt, sampler.Sample]]
    ) -> None:
        second = int(time.time())
        try:
            database.add(
                Measurement(
                    job_id=attempt.job_id,
                    job_name=attempt.claimed.job.name,
                    timestamp=second,
                    cpu_percent=attempt.usage.cpu_percent,
                    memory_bytes=sample.memory_bytes,
                    num_processes=sample.num_processes,
                )
                for attempt, sample in samples
            )
        except sqlite3.Error as error:
            # Figures are worth less than the jobs: a full disk must not end them.
            log.warning("samples are not kept: %s", error)
            self._database = None
