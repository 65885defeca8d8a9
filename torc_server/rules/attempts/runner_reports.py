"""What runners report in their turns: starts, ends and releases of the jobs that they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, bindparam, update

from torc_core.model.exchange import JobEnd, JobRelease, JobStart, Outcome
from torc_core.model.status import REPORTABLE, JobStatus
from torc_server.rules.attempts.report_check import (
    Place,
    is_held,
    judge,
    reported_attempts,
    reported_jobs,
)
from torc_server.rules.attempts.results import (
    Ending,
    close_attempts,
    milliseconds,
    record_ends,
    start_event,
)
from torc_server.rules.events import record_many, touch
from torc_server.rules.jobs import give_back
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

Report = TypeVar("Report", JobEnd, JobRelease)

_job = tables.job
_attempt = tables.attempt

_START_ATTEMPT = Prepared(
    update(_attempt)
    .where(_attempt.c.job_id == bindparam("of_job"), _attempt.c.token == bindparam("of_token"))
    .values(started_at=bindparam("began"))
)
_RUN = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(
        status=JobStatus.RUNNING.number,
        compute_node_id=bindparam("node_id"),
        started_at=bindparam("began"),
    )
)


def start_jobs(
    conn: Connection, place: Place, starts: Sequence[JobStart], *, now_ms: int
) -> list[int]:
    """Note that processes run. A repeated start changes nothing.

    Returns:
        Ids of jobs that are held under another token by now, or by nobody: their processes are
        to be stopped.
    """
    jobs = reported_jobs(conn, place, [start.job_id for start in starts])
    held = [s for s in starts if is_held(jobs.get(s.job_id), s.token)]
    begun = [s for s in held if jobs[s.job_id].status == JobStatus.PENDING.number]
    if begun:
        started = [
            {
                "of_job": start.job_id,
                "of_token": start.token,
                "node_id": place.compute_node_id,
                "began": milliseconds(start.start_time, now_ms),
            }
            for start in begun
        ]
        _RUN.run_each(conn, started)
        _START_ATTEMPT.run_each(conn, started)
        events = [start_event(jobs[start.job_id], place) for start in begun]
        record_many(conn, place.workflow_id, events, now_ms=now_ms, concerns_runners=False)
    known = {start.job_id for start in held}
    return [start.job_id for start in starts if start.job_id not in known]


def end_jobs(
    conn: Connection, place: Place, ends: Sequence[JobEnd], *, now_ms: int
) -> list[Outcome]:
    """Record ends of attempts and all that follows from them.

    Each is judged for itself; the returned outcomes are in the order of the ends.
    """
    if not ends:
        return []
    jobs = reported_jobs(conn, place, [end.job_id for end in ends])
    attempts = reported_attempts(conn, jobs, [(end.job_id, end.token) for end in ends])
    outcomes: list[Outcome] = []
    accepted: dict[int, JobEnd] = {}
    for end in ends:
        attempt = attempts.get((end.job_id, end.token))
        verdict = judge(jobs.get(end.job_id), end.token, attempt, end.status)
        if end.status not in REPORTABLE:
            verdict = "illegal"
        if end.job_id in accepted and verdict == "ok":
            verdict = "duplicate" if accepted[end.job_id].status is end.status else "illegal"
        elif verdict == "ok":
            accepted[end.job_id] = end
        outcomes.append(Outcome(job_id=end.job_id, result=verdict))
    refused = [end for end in _refused(ends, outcomes, attempts) if end.status in REPORTABLE]
    close_attempts(conn, refused, now_ms=now_ms)
    endings = [
        Ending(place, jobs[key], end, _free_attempt(jobs[key])) for key, end in accepted.items()
    ]
    record_ends(conn, endings, now_ms=now_ms)
    return outcomes


def release_jobs(
    conn: Connection, place: Place, releases: Sequence[JobRelease], *, now_ms: int
) -> list[Outcome]:
    """Make jobs ready again that were claimed and not started."""
    if not releases:
        return []
    jobs = reported_jobs(conn, place, [release.job_id for release in releases])
    attempts = reported_attempts(
        conn, jobs, [(release.job_id, release.token) for release in releases]
    )
    outcomes = []
    for release in releases:
        job = jobs.get(release.job_id)
        attempt = attempts.get((release.job_id, release.token))
        outcomes.append(
            Outcome(job_id=release.job_id, result=judge(job, release.token, attempt, None))
        )
    free = {
        release.job_id: release
        for release, outcome in zip(releases, outcomes, strict=True)
        if outcome.result == "ok"
    }
    over = [*free.values(), *_refused(releases, outcomes, attempts)]
    close_attempts(conn, over, now_ms=now_ms)
    back = [key for key in free if jobs[key].status != JobStatus.CANCELED.number]
    give_back(conn, back)
    if back:
        touch(conn, place.workflow_id)
    return outcomes


def _refused(
    reports: Sequence[Report],
    outcomes: Sequence[Outcome],
    attempts: Mapping[tuple[int, int], Record],
) -> list[Report]:
    """Return the reports of attempts whose jobs have gone on without them.

    They change no job, but the attempt is over: it must not be asked to stop for ever.
    """
    return [
        report
        for report, outcome in zip(reports, outcomes, strict=True)
        if outcome.result in {"fenced", "illegal"} and (report.job_id, report.token) in attempts
    ]


def _free_attempt(job: Record) -> int:
    """Return the number of the job's attempt, or the next one that has no result in this run."""
    return int(max(job.attempt_id, job.last_recorded + 1))
