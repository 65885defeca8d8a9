"""Reports of runners on the jobs they hold: starts, completions, releases, each with a token."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, bindparam, func, select, tuple_, update

from torc_core.model.events.jobs import (
    LateResult,
)
from torc_core.model.exchange import JobEnd, JobRelease, JobStart, Outcome, ReportOutcome
from torc_core.model.ids import ComputeNodeId, JobId
from torc_core.model.status import REPORTABLE, JobStatus
from torc_server.rules.attempts.lost.adoption import adopt_jobs, follow_canceled, is_adoptable
from torc_server.rules.attempts.lost.guards import lose_with_guards
from torc_server.rules.attempts.lost.losses import undo_losses
from torc_server.rules.attempts.outcome import RETURNABLE, UNREPORTED, AttemptOutcome
from torc_server.rules.attempts.report_check import Place, classify_report, is_held
from torc_server.rules.attempts.results import (
    AcceptedCompletion,
    close_attempts,
    milliseconds,
    record_results,
    start_event,
)
from torc_server.rules.events import record_many, touch
from torc_server.rules.jobs import make_ready
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

AnyReport = JobStart | JobEnd | JobRelease
Report = TypeVar("Report", JobEnd, JobRelease)
Attempts = Mapping[tuple[int, int], Record]
"""Rows of attempts by job id and token."""

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
        _job.c.compute_node_id,
        _job.c.started_at,
        _job.c.on_lost,
        func.coalesce(_LAST_RECORDED, 0).label("last_recorded"),
    ).where(_job.c.id.in_(_IDS))
)
_ATTEMPTS = select(
    _attempt.c.job_id,
    _attempt.c.workflow_id,
    _attempt.c.token,
    _attempt.c.run_id,
    _attempt.c.attempt_id,
    _attempt.c.compute_node_id,
    _attempt.c.outcome,
    _attempt.c.started_at,
    _attempt.c.ended_at,
)
_START_ATTEMPT = Prepared(
    update(_attempt)
    .where(_attempt.c.job_id == bindparam("of_job"), _attempt.c.token == bindparam("of_token"))
    .values(started_at=bindparam("started"))
)
_RUN = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(
        status=JobStatus.RUNNING.number,
        compute_node_id=bindparam("node_id"),
        started_at=bindparam("started"),
    )
)


def start_jobs(
    conn: Connection, place: Place, starts: Sequence[JobStart], *, now_ms: int
) -> list[JobId]:
    """Record that processes run. A repeated start changes nothing.

    Returns:
        Ids of jobs that are held under another token by now, or not held at all: their processes
        are to be stopped.
    """
    jobs = _reported_jobs(conn, place, [start.job_id for start in starts])
    held = [s for s in starts if is_held(jobs.get(s.job_id), s.token)]
    new = [s for s in held if jobs[s.job_id].status == JobStatus.PENDING.number]
    if new:
        rows = [
            {
                "of_job": start.job_id,
                "of_token": start.token,
                "node_id": place.compute_node_id if place.is_known else None,
                "started": milliseconds(start.start_time, now_ms),
            }
            for start in new
        ]
        _RUN.run_each(conn, rows)
        _START_ATTEMPT.run_each(conn, rows)
        events = [start_event(jobs[start.job_id], place) for start in new]
        record_many(conn, place.workflow_id, events, now_ms=now_ms, concerns_runners=False)
    known = {start.job_id for start in held}
    return [start.job_id for start in starts if start.job_id not in known]


def start_or_adopt_jobs(
    conn: Connection,
    place: Place,
    starts: Sequence[JobStart],
    releases: Sequence[JobRelease],
    *,
    now_ms: int,
) -> list[JobId]:
    """Record that processes run on a node of ours, which may have adopted them.

    What is released as lost in the same exchange ran where it was claimed, and is adopted by none.

    See `start_jobs`.
    """
    lost = {(release.job_id, release.token) for release in releases if release.is_lost}
    ended = [start for start in starts if (start.job_id, start.token) in lost]
    _start_where_claimed(conn, place, ended, now_ms=now_ms)
    starts = [start for start in starts if (start.job_id, start.token) not in lost]
    if not starts:
        return []
    jobs = _reported_jobs(conn, place, [start.job_id for start in starts])
    moved = [s for s in starts if not _holds(place, jobs.get(s.job_id), s)]
    attempts = _find_attempts(conn, moved)
    adopted = [
        (start, jobs[start.job_id], attempts[start.job_id, start.token])
        for start in moved
        if is_adoptable(
            jobs.get(start.job_id), start, attempts.get((start.job_id, start.token)), place
        )
    ]
    if adopted:
        adopt_jobs(conn, place, adopted, now_ms=now_ms)
    if moved:
        follow_canceled(conn, place, moved)
    return start_jobs(conn, place, starts, now_ms=now_ms)


def _start_where_claimed(
    conn: Connection, place: Place, starts: Sequence[JobStart], *, now_ms: int
) -> None:
    by_node: defaultdict[ComputeNodeId, list[JobStart]] = defaultdict(list)
    attempts = _find_attempts(conn, starts)
    for start in starts:
        attempt = attempts.get((start.job_id, start.token))
        if attempt is not None and attempt.compute_node_id is not None:
            by_node[attempt.compute_node_id].append(start)
    for node_id, started in by_node.items():
        start_jobs(conn, replace(place, compute_node_id=node_id), started, now_ms=now_ms)


def _holds(place: Place, job: Record | None, start: JobStart) -> bool:
    """Return whether the node holds the job whose start it reports."""
    return (
        job is not None
        and is_held(job, start.token)
        and job.compute_node_id == place.compute_node_id
    )


def complete_jobs(
    conn: Connection, place: Place, ends: Sequence[JobEnd], *, now_ms: int
) -> list[Outcome]:
    """Record completions of attempts and all that follows from them.

    Each is checked for itself; the outcomes are in the order of the reports.
    """
    if not ends:
        return []
    jobs, attempts = _reported(conn, place, ends)
    outcomes: list[Outcome] = []
    accepted: dict[JobId, JobEnd] = {}
    for end in ends:
        attempt = attempts.get((end.job_id, end.token))
        outcome = classify_report(jobs.get(end.job_id), end.token, attempt, end.status)
        if end.status not in REPORTABLE:
            outcome = ReportOutcome.ILLEGAL
        elif outcome is ReportOutcome.OK:
            first = accepted.setdefault(end.job_id, end)
            if first is not end:
                is_same = first.status is end.status
                outcome = ReportOutcome.DUPLICATE if is_same else ReportOutcome.ILLEGAL
        outcomes.append(Outcome(job_id=end.job_id, result=outcome))
    refused = [end for end in _refused(ends, outcomes, attempts) if end.status in REPORTABLE]
    _keep_late(conn, place, refused, jobs, attempts, now_ms=now_ms)
    revived = [
        attempt
        for end in accepted.values()
        if (attempt := attempts.get((end.job_id, end.token))) is not None and _is_lost(attempt)
    ]
    if undo_losses(conn, revived):
        jobs = _reported_jobs(conn, place, list(accepted))
    completions = [
        AcceptedCompletion(place, jobs[job_id], end, _free_attempt(jobs[job_id]))
        for job_id, end in accepted.items()
    ]
    record_results(conn, completions, now_ms=now_ms)
    return outcomes


def release_jobs(
    conn: Connection, place: Place, releases: Sequence[JobRelease], *, now_ms: int
) -> list[Outcome]:
    """Make jobs ready again that were claimed and not started, or were lost with their guard."""
    if not releases:
        return []
    jobs, attempts = _reported(conn, place, releases)
    outcomes = []
    released: dict[JobId, JobRelease] = {}
    for release in releases:
        job = jobs.get(release.job_id)
        attempt = attempts.get((release.job_id, release.token))
        outcome = classify_report(job, release.token, attempt, None)
        outcomes.append(Outcome(job_id=release.job_id, result=outcome))
        if outcome is ReportOutcome.OK:
            released[release.job_id] = release
    over = [*released.values(), *_refused(releases, outcomes, attempts)]
    close_attempts(conn, over, now_ms=now_ms)
    again = [
        release
        for job_id, release in released.items()
        if jobs[job_id].status != JobStatus.CANCELED.number
    ]
    ended = [release for release in again if release.is_lost]
    found = _find_attempts(conn, ended).values()
    lost = [(jobs[attempt.job_id], attempt) for attempt in found]
    recorded = lose_with_guards(conn, place, lost, now_ms=now_ms)
    make_ready(conn, [release.job_id for release in again if release.job_id not in recorded])
    if again:
        touch(conn, place.workflow_id)
    return outcomes


def _reported(
    conn: Connection, place: Place, reports: Sequence[JobEnd | JobRelease]
) -> tuple[dict[int, Record], Attempts]:
    """Return the jobs of reports by id, and the attempts that are not their jobs' present ones."""
    jobs = _reported_jobs(conn, place, [report.job_id for report in reports])
    stale = [report for report in reports if not is_held(jobs.get(report.job_id), report.token)]
    return jobs, _find_attempts(conn, stale)


def _find_attempts(conn: Connection, reports: Sequence[AnyReport]) -> Attempts:
    """Return the attempts that reports are about."""
    keys = [(report.job_id, report.token) for report in reports]
    if not keys:
        return {}
    found = conn.execute(_ATTEMPTS.where(tuple_(_attempt.c.job_id, _attempt.c.token).in_(keys)))
    return {(row.job_id, row.token): row for row in found}


def _reported_jobs(conn: Connection, place: Place, job_ids: Sequence[JobId]) -> dict[int, Record]:
    """Return those of the jobs that belong to the workflow, by id."""
    rows = _FIND.all_of(conn, job_ids, run_id=place.run_id)
    return {row.id: row for row in rows if row.workflow_id == place.workflow_id}


def _refused(
    reports: Sequence[Report], outcomes: Sequence[Outcome], attempts: Attempts
) -> list[Report]:
    """Return the reports of attempts whose jobs have moved on.

    They change no job, but the attempt is over: its runner must not be asked to stop it for ever.
    """
    return [
        report
        for report, outcome in zip(reports, outcomes, strict=True)
        if outcome.result in {ReportOutcome.FENCED, ReportOutcome.ILLEGAL}
        and (attempt := attempts.get((report.job_id, report.token))) is not None
        and (attempt.ended_at is None or attempt.outcome in UNREPORTED)
    ]


def _keep_late(
    conn: Connection,
    place: Place,
    refused: Sequence[JobEnd],
    jobs: Mapping[int, Record],
    attempts: Attempts,
    *,
    now_ms: int,
) -> None:
    """Close the attempts of refused completions, and keep what was reported as events."""
    if not refused:
        return
    close_attempts(conn, refused, outcome=AttemptOutcome.FENCED, now_ms=now_ms)
    events = [
        LateResult(
            job_id=end.job_id,
            job_name=jobs[end.job_id].name,
            attempt_id=attempts[end.job_id, end.token].attempt_id,
            token=end.token,
            status=end.status,
            return_code=end.return_code,
            exec_time_minutes=end.exec_time_minutes,
            completion_time=end.completion_time,
            compute_node_id=place.compute_node_id,
            run_id=place.run_id,
        )
        for end in refused
    ]
    record_many(conn, place.workflow_id, events, now_ms=now_ms, concerns_runners=False)


def _is_lost(attempt: Record | None) -> bool:
    """Return whether an attempt is recorded as lost."""
    return attempt is not None and attempt.outcome in RETURNABLE


def _free_attempt(job: Record) -> int:
    """Return the number of the job's attempt, or the next one that has no result in this run."""
    return int(max(job.attempt_id, job.last_recorded + 1))
