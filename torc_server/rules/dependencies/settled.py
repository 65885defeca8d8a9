"""Which jobs are settled: their dependents need not wait for them any longer.

A terminated job is, unless it was interrupted: then the next start of its workflow resumes it, and
until then it counts as one that is ready.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, not_, or_

from torc_core.model.status import SETTLED, UNSUCCESSFUL, JobStatus
from torc_server.rules.jobs import SomeJob
from torc_server.storage import tables

_job = tables.job.c
_TERMINATED = JobStatus.TERMINATED


def counts_as(job: SomeJob) -> JobStatus:
    """Return the status that a job has for its dependents and for actions."""
    status = JobStatus.from_number(job.status)
    return JobStatus.READY if status is _TERMINATED and job.interrupted else status


def counts_as_any(statuses: Collection[JobStatus]) -> ColumnElement[bool]:
    """Return the condition that a job counts as one of some statuses."""
    others = [status.number for status in statuses if status is not _TERMINATED]
    with_interrupted, with_others = JobStatus.READY in statuses, _TERMINATED in statuses
    if not (with_interrupted or with_others):
        return _job.status.in_(others)
    found = _job.status.in_([*others, _TERMINATED.number])  # first, as there is an index
    if with_interrupted and with_others:
        return found
    interrupted = _job.interrupted if with_interrupted else not_(_job.interrupted)
    return and_(found, or_(_job.status != _TERMINATED.number, interrupted))


IS_OPEN = counts_as_any(frozenset(JobStatus) - SETTLED)
"""Whether a job is not settled."""
IS_UNSUCCESSFUL = counts_as_any(UNSUCCESSFUL)
"""Whether a job is settled without success."""
