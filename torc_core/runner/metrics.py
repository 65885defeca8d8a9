"""The time series of jobs' resources: a small SQLite database per runner, as the reference has it.

Written only for workflows whose `resource_monitor_config` asks for `time_series`. It is read by
`plot-resources`, of ours and of the reference.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec

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
