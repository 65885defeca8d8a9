"""Starts and ends of jobs, each with all that follows from it, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    Connection,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from torc_core.model.exchange import JobEnd, JobRelease, JobStart, Outcome
from torc_core.model.status import REPORTABLE, UNSUCCESSFUL, JobStatus
from torc_server import tables
from torc_server.db.prepared import Prepared, Record
from torc_server.rules.events import Happened, record_many, touch
from torc_server.rules.jobs import LET_GO, mark_retried
from torc_server.rules.progress import Change, propagate
from torc_server.rules.verdict import (
    Place,
    is_held,
    judge,
    reported_attempts,
    reported_jobs,
)

Report = TypeVar("Report", JobEnd, JobRelease)

_job = tables.job
_attempt = tables.attempt
_result = tables.result
_latest = tables.latest_result
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_MEASURED = (
    "return_code",
    "exec_time_minutes",
    "completion_time",
    "peak_memory_bytes",
    "avg_memory_bytes",
    "peak_cpu_percent",
    "avg_cpu_percent",
)
_KEEP_RESULT = Prepared(
    insert(_result),
    *("workflow_id", "job_id", "run_id", "attempt_id", "compute_node_id", "status"),
    *_MEASURED,
)
_FORGET_LATEST = Prepared(delete(_latest).where(_latest.c.job_id.in_(_IDS)))
_POINT_AT_LATEST = Prepared(
    insert(_latest).from_select(
        ["workflow_id", "job_id", "result_id"],
        select(_result.c.workflow_id, _result.c.job_id, func.max(_result.c.id))
        .where(_result.c.job_id.in_(_IDS))
        .group_by(_result.c.workflow_id, _result.c.job_id),
    )
)
_END_ATTEMPT = Prepared(
    update(_attempt)
    .where(
        _attempt.c.job_id == bindparam("of_job"),
        _attempt.c.token == bindparam("of_token"),
        or_(_attempt.c.ended_at.is_(None), _attempt.c.outcome == "lost"),
    )
    .values(
        ended_at=bindparam("at"),
        outcome=bindparam("how"),
        started_at=func.coalesce(_attempt.c.started_at, bindparam("began")),
    )
)
_IS_RUN_BY_US = _attempt.c.ended_at.is_(None) & _attempt.c.compute_node_id.is_not(None)
_END_FROM_AFAR = Prepared(
    update(_attempt)
    .where(
        _attempt.c.job_id == bindparam("of_job"),
        _attempt.c.token == bindparam("of_token"),
        or_(_attempt.c.ended_at.is_(None), _attempt.c.outcome == "lost"),
    )
    .values(
        ended_at=case((_IS_RUN_BY_US, null()), else_=bindparam("at")),
        outcome=case(
            (_IS_RUN_BY_US, func.coalesce(_attempt.c.outcome, "cancel")), else_=bindparam("how")
        ),
    )
)
_START_ATTEMPT = Prepared(
    update(_attempt)
    .where(_attempt.c.job_id == bindparam("of_job"), _attempt.c.token == bindparam("of_token"))
    .values(started_at=bindparam("began"))
)
_MOVE = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(status=bindparam("to_status"), attempt_id=bindparam("attempt"), **LET_GO)
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
_STAMP_FILE = Prepared(
    update(tables.file)
    .where(
        tables.file.c.id == bindparam("of_file"), tables.file.c.workflow_id == bindparam("within")
    )
    .values(st_mtime=bindparam("mtime"))
)


class Ending(NamedTuple):
    """An end that is accepted: where, of which job, how, and under which number it is kept."""

    place: Place
    job: Record
    """Its row as it was."""
    end: JobEnd
    attempt_id: int


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
                "began": _milliseconds(start.start_time, now_ms),
            }
            for start in begun
        ]
        _RUN.run_each(conn, started)
        _START_ATTEMPT.run_each(conn, started)
        happened: list[Happened] = [
            (
                "job_started",
                {
                    "job_id": start.job_id,
                    "job_name": jobs[start.job_id].name,
                    "compute_node_id": place.compute_node_id,
                    "run_id": place.run_id,
                },
            )
            for start in begun
        ]
        record_many(conn, place.workflow_id, happened, now_ms=now_ms, concerns_runners=False)
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
    _END_ATTEMPT.run_each(conn, [_ending(end, now_ms) for end in refused])
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
    back = {key: r for key, r in free.items() if jobs[key].status != JobStatus.CANCELED.number}
    over = [*free.values(), *_refused(releases, outcomes, attempts)]
    _END_ATTEMPT.run_each(conn, [_closing(release, "released", now_ms) for release in over])
    _MOVE.run_each(conn, [_move(jobs[key], JobStatus.READY, jobs[key].attempt_id) for key in back])
    if back:
        touch(conn, place.workflow_id)
    return outcomes


def end_from_afar(
    conn: Connection, ends: Sequence[tuple[Record, JobStatus]], *, now_ms: int
) -> None:
    """End attempts of jobs though not their runners say so; runners of ours are told to stop."""
    _END_FROM_AFAR.run_each(
        conn,
        [
            {"of_job": job.id, "of_token": job.token, "at": now_ms, "how": status.value}
            for job, status in ends
        ],
    )


def record_ends(
    conn: Connection, endings: Sequence[Ending], *, from_afar: bool = False, now_ms: int
) -> None:
    """Record ends that are accepted, each of another job, of any workflows.

    Those that are reported from afar, not in its turn by the runner that holds the job, make that
    runner stop it.
    """
    if not endings:
        return
    ids = [ending.job.id for ending in endings]
    _KEEP_RESULT.run_each(conn, [_result_row(ending) for ending in endings])
    _FORGET_LATEST.run_of(conn, ids)
    _POINT_AT_LATEST.run_of(conn, ids)
    if from_afar:
        end_from_afar(conn, [(e.job, e.end.status) for e in endings], now_ms=now_ms)
    else:
        _END_ATTEMPT.run_each(conn, [_ending(ending.end, now_ms) for ending in endings])
    open_ends = [e for e in endings if e.job.status != JobStatus.CANCELED.number]
    _MOVE.run_each(conn, [_move(e.job, *_goes_to(e)) for e in open_ends])
    mark_retried(conn, [e.job.id for e in open_ends if _goes_to(e)[0] is JobStatus.READY])
    _STAMP_FILE.run_each(
        conn,
        [
            {"of_file": file_id, "mtime": mtime, "within": ending.place.workflow_id}
            for ending in endings
            for file_id, mtime in ending.end.output_file_mtimes.items()
        ],
    )
    by_run: defaultdict[tuple[int, int], list[Ending]] = defaultdict(list)
    for ending in open_ends:
        by_run[ending.place.workflow_id, ending.place.run_id].append(ending)
    for (workflow_id, run_id), ended in by_run.items():
        happened = [_told(ending) for ending in ended]
        record_many(conn, workflow_id, happened, now_ms=now_ms, concerns_runners=from_afar)
        propagate(conn, workflow_id, [_change(e) for e in ended], run_id=run_id, now_ms=now_ms)


def _change(ending: Ending) -> Change:
    status, _ = _goes_to(ending)
    return Change(ending.job.id, JobStatus.from_number(ending.job.status), status)


def _goes_to(ending: Ending) -> tuple[JobStatus, int]:
    """Return the job's status and attempt after an end."""
    attempt_id = max(ending.job.attempt_id, ending.attempt_id)  # it never falls
    if ending.end.retry and ending.end.status in UNSUCCESSFUL:
        return JobStatus.READY, attempt_id + 1
    return ending.end.status, attempt_id


def _told(ending: Ending) -> Happened:
    status, attempt_id = _goes_to(ending)
    data = {
        "job_id": ending.job.id,
        "job_name": ending.job.name,
        "status": ending.end.status.value,
        "return_code": ending.end.return_code,
        "compute_node_id": ending.place.compute_node_id,
        "run_id": ending.place.run_id,
    }
    if status is JobStatus.READY:
        return "job_retried", data | {"attempt_id": attempt_id}
    return f"job_{status.value}", data


def _result_row(ending: Ending) -> dict[str, Any]:
    canceled = ending.job.status == JobStatus.CANCELED.number
    status = JobStatus.CANCELED if canceled else ending.end.status
    return {key: getattr(ending.end, key) for key in _MEASURED} | {
        "workflow_id": ending.place.workflow_id,
        "job_id": ending.job.id,
        "run_id": ending.place.run_id,
        "attempt_id": ending.attempt_id,
        "compute_node_id": ending.place.compute_node_id,
        "status": status.number,
    }


def _move(job: Record, status: JobStatus, attempt_id: int) -> dict[str, int]:
    return {"of_job": job.id, "to_status": status.number, "attempt": attempt_id}


def _ending(end: JobEnd, now_ms: int) -> dict[str, Any]:
    return _closing(end, end.status.value, now_ms, began=end.start_time)


def _closing(
    report: JobEnd | JobRelease, how: str, now_ms: int, *, began: str | None = None
) -> dict[str, Any]:
    return {
        "of_job": report.job_id,
        "of_token": report.token,
        "at": now_ms,
        "how": how,
        "began": None if began is None else _milliseconds(began, now_ms),
    }


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


def _milliseconds(time: str, otherwise: int) -> int:
    """Return an ISO 8601 time as milliseconds since 1970; a clock that writes nonsense is late."""
    try:
        return int(datetime.fromisoformat(time).timestamp() * 1000)
    except (ValueError, OverflowError):
        return otherwise
