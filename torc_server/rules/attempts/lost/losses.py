"""Attempts that are lost with their node, or with their guard.

That a node is gone is known from a lease, from Slurm or from the next runner of its machine.

An attempt that was running is recorded as failed, and its job is ready for the next one: it may be
executed more than once, but each attempt is recorded once. Should its runner only have been silent,
the record gives way to what the runner reports, as long as the job has not been claimed again. A
job that is lost again and again may be the cause, so after some losses it fails. All causes count
together: a machine that restarts takes guard and runner, and a job that kills one may kill both.

One that was claimed and not known to run leaves no record, unless the job must not run twice: then
its policy, `on_lost`, also decides what follows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Integer,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from torc_core.clock import utc_text
from torc_core.model.events.jobs import JobReady
from torc_core.model.exchange import JobEnd
from torc_core.model.ids import ComputeNodeId, JobId
from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE
from torc_core.model.status import ACTIVE, JobStatus
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.attempts.report_check import Place
from torc_server.rules.attempts.results import AcceptedCompletion, record_results
from torc_server.rules.events import record_many
from torc_server.rules.jobs import make_ready
from torc_server.storage import tables
from torc_server.storage.sizes import note_deletion
from torc_server.storage.statements import Prepared, Record

_node = tables.compute_node
_job = tables.job
_attempt = tables.attempt
_result = tables.result
_latest = tables.latest_result
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_IS_LOSS = (_result.c.return_code == LOST_RETURN_CODE) & (
    _result.c.status.in_([JobStatus.FAILED.number, JobStatus.PENDING_FAILED.number])
)

OPEN = select(
    _attempt.c.id,
    _attempt.c.job_id,
    _attempt.c.workflow_id,
    _attempt.c.compute_node_id,
    _attempt.c.token,
    _attempt.c.run_id,
    _attempt.c.attempt_id,
    _attempt.c.started_at,
).where(_attempt.c.ended_at.is_(None))
"""Attempts that have not ended."""
_OF_NODE = OPEN.where(_attempt.c.compute_node_id == bindparam("node_id"))
_LAST_SEEN = Prepared(select(_node.c.id, _node.c.last_seen_at).where(_node.c.id.in_(_IDS)))
_CLOSE = Prepared(
    update(_attempt)
    .where(_attempt.c.id.in_(_IDS))
    .values(
        ended_at=bindparam("now"),
        # An attempt that was to be stopped cannot be revived by a late report of its completion.
        outcome=case(
            (_attempt.c.outcome.is_(None), AttemptOutcome.LOST), else_=AttemptOutcome.GIVEN_UP
        ),
    )
)
_NOT_REQUEUED = Prepared(
    update(_attempt)
    .where(
        _attempt.c.job_id == bindparam("of_job"),
        _attempt.c.token == bindparam("of_token"),
        _attempt.c.outcome == AttemptOutcome.LOST,
    )
    .values(outcome=AttemptOutcome.LOST_FINALLY)
)
_ACTIVE = Prepared(
    select(
        _job.c.id,
        _job.c.name,
        _job.c.token,
        _job.c.status,
        _job.c.attempt_id,
        _job.c.started_at,
        _job.c.on_lost,
    ).where(_job.c.id.in_(_IDS), _job.c.status.in_([status.number for status in ACTIVE]))
)
_RECORDED = Prepared(
    select(
        _result.c.job_id, _result.c.run_id, _result.c.attempt_id, _IS_LOSS.label("is_loss")
    ).where(_result.c.job_id.in_(_IDS))
)
_LOSSES = Prepared(
    select(
        _result.c.id,
        _result.c.job_id,
        _result.c.run_id,
        _result.c.attempt_id,
    ).where(_result.c.job_id.in_(_IDS), _IS_LOSS)
)
_FORGET = Prepared(delete(_result).where(_result.c.id.in_(_IDS)))
_FORGET_LATEST = Prepared(delete(_latest).where(_latest.c.job_id.in_(_IDS)))
_LATEST_BEFORE = Prepared(
    insert(_latest).from_select(
        ["workflow_id", "job_id", "result_id"],
        select(_result.c.workflow_id, _result.c.job_id, func.max(_result.c.id))
        .where(_result.c.job_id == bindparam("of_job"), _result.c.run_id == bindparam("in_run"))
        .group_by(_result.c.workflow_id, _result.c.job_id),
    )
)
_UNCOUNTED = _job.c.uncounted_attempts - bindparam("uncounted", type_=Integer)
_EARLIER = _job.c.attempt_id - 2
_LAST_NUMBER = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"), _job.c.attempt_id == bindparam("number") + 1)
    .values(
        attempt_id=_job.c.attempt_id - 1,
        # A resume since then counts none of the attempts before the next one.
        uncounted_attempts=case((_UNCOUNTED > _EARLIER, _EARLIER), else_=_UNCOUNTED),
    )
)


class Losses(NamedTuple):
    """What a node holds that is lost."""

    attempts: Sequence[int]
    """Ids of its open attempts, also of those that were to be stopped."""
    running: Sequence[AcceptedCompletion]
    """What is recorded of those that ran."""
    ready: Sequence[tuple[JobId, Place, JobReady]]
    """The jobs of the others."""

    @property
    def ready_jobs(self) -> int:
        """How many jobs will be ready again."""
        return len(self.ready) + sum(lost.end.retry for lost in self.running)


def find_losses(conn: Connection, node_id: ComputeNodeId, *, now_ms: int) -> Losses:
    """Return what is lost with a node; changes nothing."""
    attempts = conn.execute(_OF_NODE, {"node_id": node_id}).all()
    return losses_of(conn, attempts, now_ms=now_ms)


def losses_of(conn: Connection, attempts: Sequence[Record], *, now_ms: int) -> Losses:
    """Return what is lost with attempts of `OPEN`; changes nothing."""
    if not attempts:
        return Losses((), (), ())
    of_token = {(row.job_id, row.token): row for row in attempts}
    active = _ACTIVE.all_of(conn, {row.job_id for row in attempts})
    held = [(job, of_token[job.id, job.token]) for job in active if (job.id, job.token) in of_token]
    ended = ends_of(conn, [attempt for _, attempt in held], now_ms=now_ms)
    ran = [(job, attempt) for job, attempt in held if _may_have_run(job)]
    running = lost_completions(conn, ran, ended)
    recorded = {done.job.id for done in running}
    ready = [
        (
            job.id,
            Place(attempt.workflow_id, attempt.run_id, attempt.compute_node_id),
            JobReady(job_id=job.id, job_name=job.name, run_id=attempt.run_id),
        )
        for job, attempt in held
        if job.id not in recorded
    ]
    return Losses([row.id for row in attempts], running, ready)


def ends_of(
    conn: Connection, attempts: Sequence[Record], *, now_ms: int
) -> dict[ComputeNodeId, int]:
    """Return until when the nodes of attempts are known to have run, but for deleted ones."""
    found = _LAST_SEEN.all_of(conn, {row.compute_node_id for row in attempts} - {None})
    return {row.id: min(row.last_seen_at or now_ms, now_ms) for row in found}


def lost_completions(
    conn: Connection,
    lost: Sequence[tuple[Record, Record]],
    ended: Mapping[ComputeNodeId, int],
) -> list[AcceptedCompletion]:
    """Return what is recorded of attempts that ran and are lost.

    Nothing is of one that has a result: a client wrote it, or it was lost before. Nor of one whose
    node was deleted, as a result names its node.

    Args:
        conn: A connection.
        lost: Jobs, each with its attempt.
        ended: Until when they ran, by node, but for deleted ones.
    """
    recorded = _RECORDED.all_of(conn, [job.id for job, _ in lost])
    taken = {(row.job_id, row.run_id, row.attempt_id) for row in recorded}
    losses = Counter((row.job_id, row.run_id) for row in recorded if row.is_loss)
    completions = []
    for job, attempt in lost:
        is_known = (job.id, attempt.run_id, attempt.attempt_id) in taken
        if is_known or attempt.compute_node_id not in ended:
            continue
        place = Place(attempt.workflow_id, attempt.run_id, attempt.compute_node_id)
        may_retry = losses[job.id, attempt.run_id] + 1 < LOST_ATTEMPTS_LIMIT
        end_ms = ended[attempt.compute_node_id]
        after = follow_loss(job.on_lost, may_retry=may_retry)
        end = _end(job, attempt, end_ms, after)
        completions.append(
            AcceptedCompletion(
                place, job, end, attempt.attempt_id, is_lost=True, reason=after.reason
            )
        )
    return completions


def lose_attempts(conn: Connection, losses: Losses, *, now_ms: int) -> None:
    """Record losses, with all that follows from them.

    Tokens stay as they are: a runner that returns in time may still report its completions.
    """
    _CLOSE.run_of(conn, losses.attempts, now=now_ms)
    make_ready(conn, [job_id for job_id, _, _ in losses.ready])
    for _, place, event in losses.ready:
        record_many(conn, place.workflow_id, [event], now_ms=now_ms)
    record_results(conn, losses.running, now_ms=now_ms)
    _NOT_REQUEUED.run_each(
        conn,
        [
            {"of_job": lost.job.id, "of_token": lost.end.token}
            for lost in losses.running
            if not lost.end.retry
        ],
    )


def undo_losses(conn: Connection, attempts: Sequence[Record]) -> bool:
    """Remove what was recorded of attempts that turn out not to be lost.

    Their jobs, which have not been claimed since, are at these attempts again.

    Returns:
        Whether there was anything.
    """
    losses = _LOSSES.all_of(conn, [attempt.job_id for attempt in attempts])
    found = {(row.job_id, row.run_id, row.attempt_id): row for row in losses}
    undone = [
        (attempt, found[key])
        for attempt in attempts
        if (key := (attempt.job_id, attempt.run_id, attempt.attempt_id)) in found
    ]
    _FORGET_LATEST.run_of(conn, [attempt.job_id for attempt, _ in undone])
    _FORGET.run_of(conn, [loss.id for _, loss in undone])
    for workflow_id in {attempt.workflow_id for attempt, _ in undone}:
        note_deletion(conn, workflow_id)
    _LATEST_BEFORE.run_each(conn, [{"of_job": a.job_id, "in_run": a.run_id} for a, _ in undone])
    _LAST_NUMBER.run_each(
        conn,
        [
            {
                "of_job": attempt.job_id,
                "number": attempt.attempt_id,
                # Otherwise a user has retried it since, by which the attempt is counted.
                "uncounted": int(attempt.outcome == AttemptOutcome.LOST),
            }
            for attempt, _ in undone
        ],
    )
    return bool(undone)


class AfterLoss(NamedTuple):
    """What follows when an attempt is lost."""

    status: JobStatus
    retry: bool
    reason: str | None
    """Why it is not run again."""


def follow_loss(on_lost: str | None, *, may_retry: bool) -> AfterLoss:
    """Return what follows by the policy of a job; pure.

    Args:
        on_lost: See `Job.on_lost`.
        may_retry: The job has not lost too many attempts.
    """
    if on_lost == "hold":
        return AfterLoss(JobStatus.PENDING_FAILED, False, "its on_lost is hold")
    if on_lost == "fail":
        return AfterLoss(JobStatus.FAILED, False, "its on_lost is fail")
    if not may_retry:
        lost = f"{LOST_ATTEMPTS_LIMIT} attempts were lost in this run, and it may be the cause"
        return AfterLoss(JobStatus.FAILED, False, lost)
    return AfterLoss(JobStatus.FAILED, True, None)


def _may_have_run(job: Record) -> bool:
    """Return whether an attempt is recorded as lost; others leave no record.

    One that is not known to have started may have: its report may be lost as well. A job that may
    run again just does; one that must not run twice does not.
    """
    return job.status == JobStatus.RUNNING.number or job.on_lost in {"fail", "hold"}


def _end(job: Record, attempt: Record, end_ms: int, after: AfterLoss) -> JobEnd:
    """Return what a runner would report of a lost attempt: it ran until its last heartbeat."""
    started = attempt.started_at or job.started_at or end_ms
    end_ms = max(end_ms, started)
    return JobEnd(
        job_id=job.id,
        token=attempt.token,
        status=after.status,
        return_code=LOST_RETURN_CODE,
        exec_time_minutes=(end_ms - started) / 60_000,
        completion_time=utc_text(end_ms),
        retry=after.retry,
    )
