"""Running jobs that a node reports which does not hold them.

Their runner died, and the next one of the machine adopts them: it registers a node of its own, and
reports their starts under their tokens. A node adopts from older ones only, so that the last
reports of a dead runner, which may arrive late, take nothing back.

Or their own runner was silent for longer than its lease and is back: it goes on with what no other
runner was given meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, null, update

from torc_core.model.events.jobs import (
    JobAdopted,
)
from torc_core.model.exchange import JobStart
from torc_core.model.status import ACTIVE, JobStatus
from torc_server.rules.attempts.lost.losses import undo_losses
from torc_server.rules.attempts.outcome import RETURNABLE, AttemptOutcome
from torc_server.rules.attempts.report_check import AFTER_LOSS, Place
from torc_server.rules.attempts.results import milliseconds
from torc_server.rules.events import record_many
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

_job = tables.job
_attempt = tables.attempt

_HOLD = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(
        status=JobStatus.RUNNING.number,
        compute_node_id=bindparam("node_id"),
        started_at=func.coalesce(_job.c.started_at, bindparam("started")),
    )
)
_REOPEN = Prepared(
    update(_attempt)
    .where(_attempt.c.job_id == bindparam("of_job"), _attempt.c.token == bindparam("of_token"))
    .values(
        compute_node_id=bindparam("node_id"),
        started_at=func.coalesce(_attempt.c.started_at, bindparam("started")),
        ended_at=null(),
        outcome=null(),
    )
)
_FOLLOW = Prepared(
    update(_attempt)
    .where(
        _attempt.c.job_id == bindparam("of_job"),
        _attempt.c.token == bindparam("of_token"),
        _attempt.c.compute_node_id < bindparam("node_id"),
        _attempt.c.ended_at.is_(None),
        _attempt.c.outcome.in_([AttemptOutcome.CANCEL_REQUESTED, AttemptOutcome.CANCELING]),
    )
    .values(compute_node_id=bindparam("node_id"))
)


def is_adoptable(job: Record | None, start: JobStart, attempt: Record | None, place: Place) -> bool:
    """Return whether the node that reports a start holds the job from now on.

    Args:
        job: The job as it is, if it exists.
        start: The report.
        attempt: The attempt with the report's token.
        place: The node that reports it.
    """
    if job is None or attempt is None or job.token != start.token:
        return False
    before = attempt.compute_node_id  # None: a client without tokens claimed it
    if before is None or before > place.compute_node_id:
        return False
    status = JobStatus.from_number(job.status)
    if status in AFTER_LOSS:  # its lease was over
        return attempt.outcome in RETURNABLE
    return status in ACTIVE and before != place.compute_node_id


def adopt_jobs(
    conn: Connection,
    place: Place,
    adopted: Sequence[tuple[JobStart, Record, Record]],
    *,
    now_ms: int,
) -> None:
    """Let a node hold jobs, given the reports of their starts, the jobs and the attempts."""
    undo_losses(conn, [attempt for _, _, attempt in adopted if attempt.outcome in RETURNABLE])
    rows = []
    for start, _, attempt in adopted:
        started = attempt.started_at or milliseconds(start.start_time, now_ms)
        rows.append(
            {
                "of_job": start.job_id,
                "of_token": start.token,
                "node_id": place.compute_node_id,
                "started": started,
            }
        )
    _HOLD.run_each(conn, rows)
    _REOPEN.run_each(conn, rows)
    events = [
        JobAdopted(
            job_id=job.id,
            job_name=job.name,
            compute_node_id=place.compute_node_id,
            previous_node_id=attempt.compute_node_id,
            run_id=place.run_id,
        )
        for _, job, attempt in adopted
    ]
    record_many(conn, place.workflow_id, events, now_ms=now_ms)


def follow_canceled(conn: Connection, place: Place, starts: Sequence[JobStart]) -> None:
    """Let a node end attempts that were to be stopped when the node before it died.

    With that node they would be closed, and the report of how they ended would be refused.
    """
    _FOLLOW.run_each(
        conn,
        [
            {"of_job": start.job_id, "of_token": start.token, "node_id": place.compute_node_id}
            for start in starts
        ],
    )
