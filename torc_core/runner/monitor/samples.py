"""The samples of a run in a small SQLite database, read by `plot-resources` of the reference."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec

from torc_core.host.output_files import create_file, make_directory
from torc_core.model.ids import JobId

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


class StoredSample(msgspec.Struct, frozen=True, kw_only=True):
    """One job in one second."""

    job_id: JobId
    job_name: str
    timestamp: int
    """Seconds since 1970."""
    cpu_percent: float
    """100 is one core."""
    memory_bytes: int
    num_processes: int


class SampleDatabase:
    """The database of one runner; of several samples in a second the last one stays.

    Raises:
        OSError: It cannot be created.
        sqlite3.Error: It is no database; so say its methods of reading and writing.
    """

    def __init__(self, path: str, mode: int) -> None:
        make_directory(Path(path).parent, mode)
        create_file(Path(path), mode)
        self._database = sqlite3.connect(path)
        self._database.executescript(_SCHEMA)

    def add(self, samples: Iterable[StoredSample]) -> None:
        """Store samples."""
        rows = [msgspec.structs.asdict(sample) for sample in samples]
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
