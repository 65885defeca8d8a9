"""The samples of a run in a small SQLite database, read by `plot-resources`.

The tables of jobs are those that the reference documents. It documents none for nodes; ours is
named like the others and has the same columns.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from torc_core.host.files.output_files import create_file, make_directory
from torc_core.model.ids import ComputeNodeId, JobId

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job_resource_samples (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    timestamp REAL NOT NULL,
    cpu_percent REAL NOT NULL,
    memory_bytes INTEGER NOT NULL,
    num_processes INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS job_resource_samples_by_job ON job_resource_samples (job_id, timestamp);
CREATE TABLE IF NOT EXISTS job_metadata (job_id INTEGER PRIMARY KEY, job_name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS compute_node_resource_samples (
    id INTEGER PRIMARY KEY,
    compute_node_id INTEGER NOT NULL,
    timestamp REAL NOT NULL,
    cpu_percent REAL,
    memory_bytes INTEGER
);
"""

_TIMEOUT_S = 1.0
"""How long to wait for another runner of this machine and run, which writes to the same file."""


class StoredSample(msgspec.Struct, frozen=True, kw_only=True):
    """One job at one moment."""

    job_id: JobId
    job_name: str
    timestamp: float
    """Seconds since 1970."""
    cpu_percent: float
    """100 is one core."""
    memory_bytes: int
    num_processes: int


class StoredNodeSample(msgspec.Struct, frozen=True, kw_only=True):
    """The node at one moment; what is not measured is None."""

    compute_node_id: ComputeNodeId
    timestamp: float
    cpu_percent: float | None
    memory_bytes: int | None


class SampleDatabase:
    """The database of one runner. Samples wait in memory until they are flushed.

    Raises:
        OSError: It cannot be created.
        sqlite3.Error: It is no database; so say its methods of reading and writing.
    """

    def __init__(self, path: str, mode: int) -> None:
        make_directory(Path(path).parent, mode)
        create_file(Path(path), mode)
        self._database = sqlite3.connect(path, timeout=_TIMEOUT_S)
        # What a crash of the machine may cost, the disk need not be waited for.
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)
        self._jobs: list[StoredSample] = []
        self._nodes: list[StoredNodeSample] = []

    def add(self, sample: StoredSample | StoredNodeSample) -> None:
        """Store a sample with the next `flush`."""
        if isinstance(sample, StoredSample):
            self._jobs.append(sample)
        else:
            self._nodes.append(sample)

    def flush(self) -> None:
        """Write the samples that wait."""
        jobs, self._jobs = self._jobs, []
        nodes, self._nodes = self._nodes, []
        rows = [msgspec.structs.asdict(sample) for sample in jobs]
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO job_resource_samples"
                " (job_id, timestamp, cpu_percent, memory_bytes, num_processes)"
                " VALUES (:job_id, :timestamp, :cpu_percent, :memory_bytes, :num_processes)",
                rows,
            )
            self._database.executemany(
                "INSERT OR REPLACE INTO job_metadata VALUES (:job_id, :job_name)", rows
            )
            self._database.executemany(
                "INSERT INTO compute_node_resource_samples"
                " (compute_node_id, timestamp, cpu_percent, memory_bytes)"
                " VALUES (:compute_node_id, :timestamp, :cpu_percent, :memory_bytes)",
                map(msgspec.structs.asdict, nodes),
            )

    def close(self) -> None:
        """Write the samples that wait, and close the file."""
        try:
            self.flush()
        finally:
            self._database.close()
