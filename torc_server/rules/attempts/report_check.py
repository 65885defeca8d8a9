"""What becomes of a report on an attempt: pure, but for looking up what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select, tuple_

from torc_core.errors import UsageError
from torc_core.model.status import ACTIVE, REPORTABLE, JobStatus
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

MAX_ATTEMPT = 1_000_000
"""The highest number of an attempt that a client may name; the next ones have room above it."""

_job = tables.job
_attempt = tables.attempt
_result = tables.result
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_LAST_RECORDED = (
    select(func.max(_result.c.attempt_id))
    .where(_result.c.job_id == _job.c.id, _result.c.run_id == bindparam("run_id"))
    .correlate(_job)
    .scalar_subquery()
)
# By id alone: SQLite would rather read all jobs of the workflow than look up a few ids.
_FIND = Prepared(
    select(
        _job.c.id,
        _job.c.workflow_id,
        _job.c.name,
        _job.c.status,
        _job.c.token,
        _job.c.attempt_id,
        func.coalesce(_LAST_RECORDED, 0).label("last_recorded"),
    ).where(_job.c.id.in_(_IDS))
)
_ATTEMPTS = select(_attempt.c.job_id, _attempt.c.token, _attempt.c.outcome, _attempt.c.ended_at)


@dataclass(frozen=True, slots=True)
class Place:
    """Where jobs ran."""

    workflow_id: int
    run_id: int
    compute_node_id: int


def judge(job: Record | None, token: int, attempt: Record | None, wanted: JobStatus | None) -> str:
    """Return what becomes of a report on an attempt, in the words of `Outcome.result`.

    Args:
        job: The job as it is, if there is one.
        token: The attempt that the report is about.
        attempt: What is known of that attempt; looked at only when the job is not held under
            this token.
        wanted: The reported end; None for a release.
    """
    if job is None:
        return "unknown"
    status = JobStatus.from_number(job.status)
    if job.token == token and status in ACTIVE:
        return "ok"
    late = "fenced" if job.token > token else "illegal"
    if attempt is None:
        return "illegal"
    if attempt.ended_at is None:
        canceled = job.token == token and status is JobStatus.CANCELED
        is_told = job.last_recorded >= job.attempt_id
        # Somebody cancelled it, and now its process has ended.
        return "ok" if canceled and not is_told else late
    if attempt.outcome == (wanted.value if wanted else "released"):
        return "duplicate"
    given_up = attempt.outcome == "lost" and job.token == token and status is JobStatus.READY
    return "ok" if given_up else late  # given up too early, and given to nobody else yet


def check_end(status: JobStatus) -> None:
    """Make sure that a job may end so.

    Raises:
        UsageError: It is no status in which a job ends.
    """
    if status not in REPORTABLE:
        raise UsageError(
            f"A job cannot be completed as {status.value}.",
            hint=f"Use one of: {', '.join(sorted(REPORTABLE))}.",
            field="status",
            value=status.value,
        )


def check_attempt(attempt_id: int) -> None:
    """Make sure that a number which a client names may be that of an attempt.

    Raises:
        UsageError: It is not from 1 to 1,000,000.
    """
    if not 1 <= attempt_id <= MAX_ATTEMPT:
        raise UsageError(
            f"There is no attempt {attempt_id}.",
            hint="Attempts count from 1; get_job tells the present one as attempt_id.",
            field="attempt_id",
            value=attempt_id,
        )


def is_held(job: Record | None, token: int) -> bool:
    """Return whether a runner holds the job under this token."""
    return job is not None and job.token == token and JobStatus.from_number(job.status) in ACTIVE


def reported_jobs(conn: Connection, place: Place, ids: Sequence[int]) -> dict[int, Record]:
    """Return those of the jobs that belong to the workflow, by id."""
    rows = _FIND.all_of(conn, ids, run_id=place.run_id)
    return {row.id: row for row in rows if row.workflow_id == place.workflow_id}


def reported_attempts(
    conn: Connection, jobs: Mapping[int, Record], reports: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Record]:
    """Return the attempts of those reports that are not about a job's present holder."""
    odd = [(job_id, token) for job_id, token in reports if not is_held(jobs.get(job_id), token)]
    if not odd:
        return {}
    key = tuple_(_attempt.c.job_id, _attempt.c.token)
    return {(row.job_id, row.token): row for row in conn.execute(_ATTEMPTS.where(key.in_(odd)))}
