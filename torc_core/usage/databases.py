"""Reads the databases in which runners store the samples of their jobs.

Files come from anywhere, so nothing in them is trusted: neither that they are databases, nor the
types of their values.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.ids import JobId
from torc_core.usage.series import JobUsage, Part

_WAIT_S = 5.0
"""How long to wait for a runner that writes."""
_IDS = """
SELECT DISTINCT job_id FROM job_resource_samples
WHERE ?1 IS NULL OR job_id IN (SELECT value FROM json_each(?1))
"""
_SAMPLES = """
SELECT job_id, job_name, timestamp, cpu_percent, memory_bytes, num_processes
FROM job_resource_samples LEFT JOIN job_metadata USING (job_id)
WHERE ?1 IS NULL OR job_id IN (SELECT value FROM json_each(?1))
ORDER BY job_id, timestamp
"""


def jobs_in(paths: Sequence[Path], chosen: Collection[JobId] = ()) -> list[JobId]:
    """Return the ids of the jobs that have samples in some of the databases.

    Args:
        paths: The databases.
        chosen: The jobs that are asked for; by default all.

    Raises:
        UsageError: A file is no such database.
        NotFoundError: There are no samples, or none of a job that is asked for.
    """
    found = {_checked(path, job_id) for path in paths for (job_id,) in _rows(path, _IDS, chosen)}
    if missing := sorted(set(chosen) - found):
        raise NotFoundError(
            f"There are no samples of job {', '.join(map(str, missing))} in {_names(paths)}.",
            hint="Is it a database of another run, or of another node?",
        )
    if not found:
        raise NotFoundError(
            f"There are no samples of jobs in {_names(paths)}.",
            hint="Jobs may have been too short; samples are taken as often as the workflow's "
            "sample_interval_seconds says.",
        )
    return sorted(found)


def read_usage(paths: Sequence[Path], chosen: Collection[JobId] = ()) -> Iterator[JobUsage]:
    """Yield the jobs of all databases by their ids; no more than one is held at a time.

    Args:
        paths: The databases.
        chosen: The jobs that are asked for; by default all.

    Raises:
        UsageError: A file is no such database.
    """
    parts = merge(*(_parts(path, chosen) for path in paths), key=attrgetter("job_id"))
    for job_id, group in groupby(parts, key=attrgetter("job_id")):
        found = list(group)
        in_time = sorted((each.parts[0] for each in found), key=lambda part: part.times[0])
        yield JobUsage(job_id, found[-1].name, in_time)


def _parts(path: Path, chosen: Collection[JobId]) -> Iterator[JobUsage]:
    """Yield the jobs of one database."""
    for (job_id, name), rows in groupby(_rows(path, _SAMPLES, chosen), key=itemgetter(0, 1)):
        checked = _checked(path, job_id)
        _, _, *columns = zip(*rows, strict=True)
        for column in columns:
            _check_numbers(path, checked, column)
        times, *values = columns
        yield JobUsage(
            checked, f"job {job_id}" if name is None else str(name), [Part(times, values)]
        )


def _check_numbers(path: Path, job_id: JobId, column: Sequence[Any]) -> None:
    for kind in set(map(type, column)) - {int, float}:
        wrong = next(value for value in column if type(value) is kind)
        raise UsageError(f"{path} has a sample of job {job_id} with {wrong!r} for a number.")
    if not all(map(math.isfinite, column)):
        raise UsageError(f"{path} has a sample of job {job_id} with an infinite number.")


def _checked(path: Path, job_id: object) -> JobId:
    if not isinstance(job_id, int):
        raise UsageError(f"{path} has samples of a job with the id {job_id!r}.")
    return JobId(job_id)


def _rows(path: Path, statement: str, chosen: Collection[JobId]) -> Iterator[Sequence[Any]]:
    ids = json.dumps(list(chosen)) if chosen else None
    with opened(path) as database:
        yield from database.execute(statement, [ids])


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database, which is not changed.

    Raises:
        UsageError: It is not a database of samples, or cannot be read.
    """
    if not path.is_file():
        raise UsageError(
            f"There is no file {path}.",
            hint="Runs store samples of their jobs below OUTPUT_DIR/resource_utilization if the "
            "workflow has resource_monitor.granularity: time_series.",
        )
    database = None
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=_WAIT_S, uri=True)
        yield database
    except sqlite3.Error as error:
        raise UsageError(
            f"{path} cannot be read as a database of samples: {error}.",
            hint="Name files like output/resource_utilization/resource_metrics_HOST_1_1.db.",
        ) from error
    finally:
        if database is not None:
            database.close()


def _names(paths: Sequence[Path]) -> str:
    first = str(paths[0])
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1:,} more"
