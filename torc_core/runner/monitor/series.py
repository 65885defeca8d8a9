"""The time series of a run: which samples are stored, and when they are written."""

from __future__ import annotations

import sqlite3

from torc_core.clock import Clock
from torc_core.model.ids import ComputeNodeId
from torc_core.runner.logs import log
from torc_core.runner.monitor.samples import SampleDatabase, StoredNodeSample, StoredSample
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.monitoring.sampling import Sample, Usage, is_due
from torc_core.runner.policy.monitoring.settings import Monitoring
from torc_core.runner.process.attempt import Attempt


class TimeSeries:
    """Stores samples. Without a database, and after an error, it stores none.

    Args:
        database: Where.
        settings: Which, and how often.
        node_id: The node of the runner.
        clock: The time.
    """

    def __init__(
        self,
        database: SampleDatabase | None,
        settings: Monitoring,
        node_id: ComputeNodeId,
        clock: Clock,
    ) -> None:
        self._database = database
        self._settings = settings
        self._node_id = node_id
        self._clock = clock
        self._flushed = clock.monotonic()
        self._stored: dict[int, float] = {}
        """When the latest sample of each attempt was stored, by token."""

    def add_jobs(self, sampled: list[tuple[Attempt, Sample]], now: float) -> None:
        """Store those samples of jobs, taken at monotonic time `now`, that are due."""
        if self._database is None or not self._settings.job_series:
            return
        interval_s = self._settings.interval_s
        stored = {attempt.token: self._stored.get(attempt.token) for attempt, _ in sampled}
        self._stored = {token: last for token, last in stored.items() if last is not None}
        for attempt, sample in sampled:
            is_young = now - attempt.started < interval_s
            if is_young or is_due(stored[attempt.token], now, interval_s):
                self._stored[attempt.token] = now
                self._database.add(
                    StoredSample(
                        job_id=attempt.job_id,
                        job_name=attempt.claimed.job.name,
                        timestamp=self._clock.wall_ms() / 1000,
                        cpu_percent=attempt.usage.cpu_percent,
                        memory_bytes=sample.memory_bytes,
                        num_processes=sample.num_processes,
                    )
                )

    def add_node(self, usage: Usage) -> None:
        """Store the latest sample of the node."""
        settings = self._settings
        if self._database is not None and settings.node_series:
            self._database.add(
                StoredNodeSample(
                    compute_node_id=self._node_id,
                    timestamp=self._clock.wall_ms() / 1000,
                    cpu_percent=usage.cpu_percent if settings.node_cpu else None,
                    memory_bytes=usage.last_memory_bytes if settings.node_memory else None,
                )
            )

    def flush(self, now: float) -> None:
        """Write the samples that wait, if they have waited for long enough."""
        if self._database is not None and now - self._flushed >= self._settings.flush_s:
            self._flushed = now
            try:
                self._database.flush()
            except sqlite3.Error as error:
                # Samples are worth less than the jobs: a full disk must not end them.
                self._give_up(error)

    def close(self) -> None:
        """Write the samples that wait, and close the database."""
        if self._database is not None:
            try:
                self._database.close()
            except sqlite3.Error as error:
                self._give_up(error)
            self._database = None

    def _give_up(self, error: sqlite3.Error) -> None:
        log.warning("Samples are no longer stored", error=error)
        self._database = None


def open_series(context: RunnerContext, clock: Clock) -> TimeSeries:
    """Return where samples go, if the workflow asks for that."""
    database = None
    if context.monitoring.keeps_series:
        label = f"{context.hostname}_{context.workflow_id}_{context.run_id}"
        path = output_paths.metrics_database(context.output_dir, label)
        try:
            database = SampleDatabase(path, context.log_mode)
        except (OSError, sqlite3.Error) as error:
            log.warning("Samples are not stored", path=path, error=error)
    return TimeSeries(database, context.monitoring, context.node_id, clock)
