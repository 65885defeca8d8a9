"""How sentences name jobs."""

from __future__ import annotations

from collections.abc import Sequence

from torc_core.model.job import Job
from torc_core.units import counted


def name_job(job: Job) -> str:
    """Return how a sentence names a job, such as "job 12 (train)"."""
    return f"job {job.id} ({job.name})"


def line_of(job: Job) -> str:
    """Return the line of a job in a list that a question shows."""
    return f"{job.id}  {job.name}  ({job.status})"


def name_jobs(jobs: Sequence[Job]) -> str:
    """Return how a sentence names jobs: the only one, or how many."""
    return name_job(jobs[0]) if len(jobs) == 1 else counted(len(jobs), "job")
