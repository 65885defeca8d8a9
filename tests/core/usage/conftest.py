from __future__ import annotations

import pytest

from torc_core.runner.monitor.samples import SampleDatabase, StoredSample


@pytest.fixture
def store(tmp_path):
    """Store samples of jobs as a runner does; return the path of the database."""

    def store(name, *rows):
        path = tmp_path / name
        database = SampleDatabase(str(path), 0o600)
        for job_id, job_name, timestamp, cpu, memory, processes in rows:
            sample = StoredSample(
                job_id=job_id,
                job_name=job_name,
                timestamp=timestamp,
                cpu_percent=cpu,
                memory_bytes=memory,
                num_processes=processes,
            )
            database.add(sample)
        database.close()
        return path

    return store
