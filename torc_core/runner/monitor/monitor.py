"""Looks at running jobs now and then: how much memory and CPU they take, and whether too much.

What it sees goes into a small SQLite database where `resource_monitor_config` asks for a
`time_series`; `plot-resources`, of ours and of the reference, reads it.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec

from torc_core.runner.monitor import procfs
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import Attempt, has_limits

log = logging.getLogger("torc.runner")

_SAMPLE = Timer(TimerKind.SAMPLE)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS job_resource_samples (
    job_id INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    cpu_percent REAL NOT NULL,
    memory_bytes INTEGER NOT NULL,
    num_processes INTEGER NOT NULL,
    PRIMARY KEY (job_id, timestamp)
);
CREATE TABLE IF NOT EXISTS job_metadata (job_id INTEGER PRIMARY KEY, job_name TEXT NOT NULL);
"""


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One job at one second."""

    job_id: int
    job_name: str
    timestamp: int
    """Seconds since 1970."""
    cpu_percent: float
    """100 is one core."""
    memory_bytes: int
    num_processes: int


class MetricsDatabase:
    """The database of one runner; of several measurements in a second the last one stays."""

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path)
        self._database.executescript(_SCHEMA)

    def add(self, measurements: Iterable[Measurement]) -> None:
        """Store measurements."""
        rows = [msgspec.structs.asdict(measurement) for measurement in measurements]
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO job_resource_samples VALUES"
                " (:job_id, :timestamp, :cpu_percent, :memory_bytes, :num_processes)",
                rows,
            )
            self._database.executemany(
                "INSERT OR IGNORE INTO job_metadata VALUES (:job_id, :job_name)", rows
            )

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def open_metrics(station: RunnerContext) -> MetricsDatabase | None:
    """Return where samples are kept, if the workflow asks for a time series."""
    if not station.monitoring.enabled or station.monitoring.granularity != "time_series":
        return None
    label = f"{station.machine.hostname}_{station.workflow.id}_{station.run_id}"
    try:
        return MetricsDatabase(output_paths.metrics_database(station.output_dir, label))
    except (OSError, sqlite3.Error) as error:
        log.warning("samples are not kept: %s", error)
        return None


class ResourceMonitor:
    """Samples jobs.

    Args:
        interval_s: Seconds between looks at jobs that have run for a while; None for no looks.
        deadlines: Where the next look is entered.
        database: Keeps every sample, if the workflow wants that.
    """

    def __init__(
        self,
        interval_s: float | None,
        deadlines: Timers,
        database: MetricsDatabase | None = None,
    ) -> None:
        self._interval_s = interval_s
        self._deadlines = deadlines
        self._database = database

    def plan(self, youngest_age_s: float) -> None:
        """Enter the next look, soon for young jobs."""
        if self._interval_s is not None:
            delay_s = procfs.next_look_s(youngest_age_s, self._interval_s)
            self._deadlines.set_earlier(_SAMPLE, time.monotonic() + delay_s)

    def look(self, running: Collection[Attempt]) -> list[Attempt]:
        """Sample jobs that are old enough; return those that take more memory than they may."""
        now = time.monotonic()
        old = {
            attempt.child.pid: attempt
            for attempt in running
            if now - attempt.started >= procfs.FIRST_LOOK_S and attempt.end is None
        }
        samples: dict[int, procfs.Sample] = {}
        if old:
            with contextlib.suppress(OSError):
                samples = procfs.attribute(procfs.scan(), old.keys())
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
        self, database: MetricsDatabase, samples: list[tuple[Attempt, procfs.Sample]]
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
