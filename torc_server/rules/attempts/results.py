"""Ends of attempts that are accepted: how they are recorded, with all that follows from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

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

from torc_core.model.event_types import JOB_OUTCOMES, EventRecord, JobRetried, JobStarted
from torc_core.model.exchange import JobEnd, JobRelease
from torc_core.model.status import UNSUCCESSFUL, JobStatus
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.attempts.report_check import Place
from torc_server.rules.dependencies.propagation import Change, propagate
from torc_server.rules.events import record_many
from torc_server.rules.jobs import LET_GO, mark_retried
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

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
_OPEN_OR_LOST = update(_attempt).where(
    _attempt.c.job_id == bindparam("of_job"),
    _attempt.c.token == bindparam("of_token"),
    or_(_attempt.c.ended_at.is_(None), _attempt.c.outcome == AttemptOutcome.LOST),
)
_CLOSE = Prepared(
    _OPEN_OR_LOST.values(
        ended_at=bindparam("at"),
        outcome=bindparam("how"),
        started_at=func.coalesce(_attempt.c.started_at, bindparam("began")),
    )
)
_IS_RUN_BY_US = _attempt.c.ended_at.is_(None) & _attempt.c.compute_node_id.is_not(None)
_END_FROM_AFAR = Prepared(
    _OPEN_OR_LOST.values(
        ended_at=case((_IS_RUN_BY_US, null()), else_=bindparam("at")),
        outcome=case(
            (_IS_RUN_BY_US, func.coalesce(_attempt.c.outcome, AttemptOutcome.CANCEL_REQUESTED)),
            else_=bindparam("how"),
        ),
    )
)
_MOVE = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(status=bindparam("to_status"), attempt_id=bindparam("attempt"), **LET_GO)
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


def close_attempts(
    conn: Connection, reports: Iterable[JobEnd | JobRelease], *, now_ms: int
) -> None:
    """End the attempts that runners report on; what has ended before stays as it is."""
    _CLOSE.run_each(conn, [_closing(report, now_ms) for report in reports])


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
        close_attempts(conn, [ending.end for ending in endings], now_ms=now_ms)
    open_ends = [e for e in endings if e.job.status != JobStatus.CANCELED.number]
    _MOVE.run_each(conn, [_move(e) for e in open_ends])
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
        events = [event for ending in ended for event in _events(ending)]
        record_many(conn, workflow_id, events, now_ms=now_ms, concerns_runners=from_afar)
        propagate(conn, workflow_id, [_change(e) for e in ended], run_id=run_id, now_ms=now_ms)


def start_event(job: Record, place: Place) -> JobStarted:
    """Return the event of a job's start."""
    return JobStarted(
        job_id=job.id,
        job_name=job.name,
        compute_node_id=place.compute_node_id,
        run_id=place.run_id,
    )


def _change(ending: Ending) -> Change:
    status, _ = _goes_to(ending)
    return Change(ending.job.id, JobStatus.from_number(ending.job.status), status)


def _goes_to(ending: Ending) -> tuple[JobStatus, int]:
    """Return the job's status and attempt after an end."""
    attempt_id = max(ending.job.attempt_id, ending.attempt_id)  # it never falls
    if ending.end.retry and ending.end.status in UNSUCCESSFUL:
        return JobStatus.READY, attempt_id + 1
    return ending.end.status, attempt_id


def _events(ending: Ending) -> Iterator[EventRecord]:
    """Yield the events of a completion; first its start, if both were reported together."""
    job, place, end = ending.job, ending.place, ending.end
    if end.start_time is not None and job.status == JobStatus.PENDING.number:
        yield start_event(job, place)
    status, attempt_id = _goes_to(ending)
    if status is JobStatus.READY:
        yield JobRetried(
            job_id=job.id,
            job_name=job.name,
            status=end.status,
            return_code=end.return_code,
            compute_node_id=place.compute_node_id,
            run_id=place.run_id,
            attempt_id=attempt_id,
        )
    else:
        yield JOB_OUTCOMES[status](
            job_id=job.id,
            job_name=job.name,
            status=end.status,
            return_code=end.return_code,
            compute_node_id=place.compute_node_id,
            run_id=place.run_id,
        )


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


def _move(ending: Ending) -> dict[str, int]:
    status, attempt_id = _goes_to(ending)
    return {"of_job": ending.job.id, "to_status": status.number, "attempt": attempt_id}


def _closing(report: JobEnd | JobRelease, now_ms: int) -> dict[str, Any]:
    how, began = AttemptOutcome.RELEASED.value, None
    if isinstance(report, JobEnd):
        how, began = report.status.value, report.start_time
    return {
        "of_job": report.job_id,
        "of_token": report.token,
        "at": now_ms,
        "how": how,
        "began": None if began is None else milliseconds(began, now_ms),
    }


def milliseconds(time: str, otherwise: int) -> int:
    """Return an ISO 8601 time as milliseconds since 1970; a clock that writes nonsense is late."""
    try:
        return int(datetime.fromisoformat(time).timestamp() * 1000)
    except (ValueError, OverflowError):
        return otherwise
