"""Recording accepted completions: results, attempts, jobs, events, and what follows from them."""

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

from torc_core.model.events.commands import recovery_event
from torc_core.model.events.jobs import (
    JOB_OUTCOMES,
    JobLost,
    JobReady,
    JobRetried,
    JobStarted,
)
from torc_core.model.events.record import (
    EventRecord,
)
from torc_core.model.exchange import JobEnd, JobRelease
from torc_core.model.ids import WorkflowId
from torc_core.model.status import UNSUCCESSFUL, JobStatus
from torc_server.rules.attempts.outcome import UNREPORTED, AttemptOutcome
from torc_server.rules.attempts.report_check import Place
from torc_server.rules.dependencies.propagation import Change, propagate
from torc_server.rules.events import record_many
from torc_server.rules.jobs import NO_HOLDER, SomeJob, mark_retried
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

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
_ADD_RESULT = Prepared(
    insert(_result),
    *("workflow_id", "job_id", "run_id", "attempt_id", "compute_node_id", "status"),
    *_MEASURED,
)
_DELETE_LATEST = Prepared(delete(_latest).where(_latest.c.job_id.in_(_IDS)))
_ADD_LATEST = Prepared(
    insert(_latest).from_select(
        ["workflow_id", "job_id", "result_id"],
        select(_result.c.workflow_id, _result.c.job_id, func.max(_result.c.id))
        .where(_result.c.job_id.in_(_IDS))
        .group_by(_result.c.workflow_id, _result.c.job_id),
    )
)
_UNREPORTED = update(_attempt).where(
    _attempt.c.job_id == bindparam("of_job"),
    _attempt.c.token == bindparam("of_token"),
    or_(_attempt.c.ended_at.is_(None), _attempt.c.outcome.in_(sorted(UNREPORTED))),
)
_CLOSE = Prepared(
    _UNREPORTED.values(
        ended_at=bindparam("at"),
        outcome=bindparam("as_outcome"),
        started_at=func.coalesce(_attempt.c.started_at, bindparam("started")),
    )
)
_HAS_RUNNER = _attempt.c.ended_at.is_(None) & _attempt.c.compute_node_id.is_not(None)
_REVOKE = Prepared(
    _UNREPORTED.values(
        ended_at=case(
            (_HAS_RUNNER, null()), else_=func.coalesce(_attempt.c.ended_at, bindparam("at"))
        ),
        outcome=case(
            (_HAS_RUNNER, func.coalesce(_attempt.c.outcome, AttemptOutcome.CANCEL_REQUESTED)),
            # Its runner may still report it, which must not be taken for a repetition.
            (_attempt.c.ended_at.is_not(None), AttemptOutcome.GIVEN_UP),
            else_=bindparam("as_outcome"),
        ),
    )
)
_MOVE = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(
        status=bindparam("to_status"),
        attempt_id=bindparam("attempt"),
        interrupted=bindparam("by_runner"),
        uncounted_attempts=_job.c.uncounted_attempts + bindparam("uncounted"),
        **NO_HOLDER,
    )
)
_STAMP_FILE = Prepared(
    update(tables.file)
    .where(
        tables.file.c.id == bindparam("of_file"), tables.file.c.workflow_id == bindparam("within")
    )
    .values(st_mtime=bindparam("mtime"))
)


class AcceptedCompletion(NamedTuple):
    """An accepted completion: where, which job, how, and which of its attempts."""

    place: Place
    job: SomeJob
    """Its row as it was."""
    end: JobEnd
    attempt_id: int
    is_lost: bool = False
    """It was not reported: its node is lost. Its attempt is closed already."""
    reason: str | None = None
    """Why the job does not run again, if it is lost."""


def close_attempts(
    conn: Connection,
    reports: Iterable[JobEnd | JobRelease],
    *,
    outcome: AttemptOutcome | None = None,
    now_ms: int,
) -> None:
    """Close the attempts that runners report on; closed ones stay as they are.

    Their outcome is the reported one unless another is given.
    """
    _CLOSE.run_each(conn, [_closing(report, outcome, now_ms) for report in reports])


def revoke_attempts(
    conn: Connection, revoked: Sequence[tuple[SomeJob, JobStatus]], *, now_ms: int
) -> None:
    """Take the attempts of jobs from their runners, which are asked to stop the processes.

    Attempts that none of our runners holds are closed at once, with the given status; those that
    are lost are given up.
    """
    _REVOKE.run_each(
        conn,
        [
            {"of_job": job.id, "of_token": job.token, "at": now_ms, "as_outcome": status.value}
            for job, status in revoked
        ],
    )


def record_results(
    conn: Connection,
    completions: Sequence[AcceptedCompletion],
    *,
    revoke_runner: bool = False,
    now_ms: int,
) -> None:
    """Record completions that are accepted, each of another job, of any workflows.

    With `revoke_runner` others than the runners that hold the jobs reported them: those runners
    are asked to stop them.
    """
    if not completions:
        return
    ids = [done.job.id for done in completions]
    _ADD_RESULT.run_each(conn, [_result_row(done) for done in completions])
    _DELETE_LATEST.run_of(conn, ids)
    _ADD_LATEST.run_of(conn, ids)
    if revoke_runner:
        revoke_attempts(conn, [(d.job, d.end.status) for d in completions], now_ms=now_ms)
    else:
        reported = [done.end for done in completions if not done.is_lost]
        close_attempts(conn, reported, now_ms=now_ms)
    moving = [done for done in completions if _moves(done)]
    _MOVE.run_each(conn, [_move(done) for done in moving])
    mark_retried(conn, [d.job.id for d in moving if _is_retried(d) and not d.is_lost])
    _STAMP_FILE.run_each(
        conn,
        [
            {"of_file": file_id, "mtime": mtime, "within": done.place.workflow_id}
            for done in completions
            for file_id, mtime in done.end.output_file_mtimes.items()
        ],
    )
    by_run: defaultdict[tuple[WorkflowId, int], list[AcceptedCompletion]] = defaultdict(list)
    for done in completions:
        by_run[done.place.workflow_id, done.place.run_id].append(done)
    for (workflow_id, run_id), ended in by_run.items():
        events = [event for done in ended for event in _events(done)]
        record_many(conn, workflow_id, events, now_ms=now_ms, concerns_runners=revoke_runner)
        changes = [_change(done) for done in ended if _moves(done)]
        if changes:
            propagate(conn, workflow_id, changes, run_id=run_id, now_ms=now_ms)


def start_event(job: SomeJob, place: Place) -> JobStarted:
    """Return the event of a job's start."""
    return JobStarted(
        job_id=job.id,
        job_name=job.name,
        compute_node_id=place.compute_node_id,
        run_id=place.run_id,
    )


def _moves(done: AcceptedCompletion) -> bool:
    """Return whether the job's status changes: a canceled one stays so, however it ended."""
    return bool(done.job.status != JobStatus.CANCELED.number)


def _change(done: AcceptedCompletion) -> Change:
    status, _ = _next_state(done)
    after = JobStatus.READY if _is_interrupted(done) else status
    return Change(done.job.id, JobStatus.from_number(done.job.status), after)


def _is_interrupted(done: AcceptedCompletion) -> bool:
    status, _ = _next_state(done)
    return done.end.interrupted and status is JobStatus.TERMINATED


def _next_state(done: AcceptedCompletion) -> tuple[JobStatus, int]:
    """Return the job's status and attempt after a completion."""
    attempt_id = max(done.job.attempt_id, done.attempt_id)  # it never falls
    if _is_retried(done):
        return JobStatus.READY, attempt_id + 1
    return done.end.status, attempt_id


def _is_retried(done: AcceptedCompletion) -> bool:
    return done.end.retry and not done.end.interrupted and done.end.status in UNSUCCESSFUL


def _events(done: AcceptedCompletion) -> Iterator[EventRecord]:
    """Yield the events of a completion; first its start, if both were reported together."""
    job, place, end = done.job, done.place, done.end
    if end.start_time is not None and job.status == JobStatus.PENDING.number:
        yield start_event(job, place)
    if end.recovery is not None:
        yield recovery_event(
            end,
            end.recovery,
            job_name=job.name,
            attempt_id=done.attempt_id,
            compute_node_id=place.compute_node_id,
            run_id=place.run_id,
        )
    if not _moves(done):
        return
    if done.is_lost:
        yield JobLost(
            job_id=job.id,
            job_name=job.name,
            attempt_id=done.attempt_id,
            compute_node_id=place.compute_node_id,
            run_id=place.run_id,
            reason=done.reason,
        )
    status, attempt_id = _next_state(done)
    if status is JobStatus.READY and done.is_lost:
        yield JobReady(job_id=job.id, job_name=job.name, run_id=place.run_id)
    elif status is JobStatus.READY:
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


def _result_row(done: AcceptedCompletion) -> dict[str, Any]:
    is_canceled = done.job.status == JobStatus.CANCELED.number
    status = JobStatus.CANCELED if is_canceled else done.end.status
    return {key: getattr(done.end, key) for key in _MEASURED} | {
        "workflow_id": done.place.workflow_id,
        "job_id": done.job.id,
        "run_id": done.place.run_id,
        "attempt_id": done.attempt_id,
        "compute_node_id": done.place.compute_node_id,
        "status": status.number,
    }


def _move(done: AcceptedCompletion) -> dict[str, int]:
    status, attempt_id = _next_state(done)
    interrupted = _is_interrupted(done)
    return {
        "of_job": done.job.id,
        "to_status": status.number,
        "attempt": attempt_id,
        "by_runner": interrupted,
        "uncounted": int(interrupted or (done.is_lost and _is_retried(done))),
    }


def _closing(
    report: JobEnd | JobRelease, outcome: AttemptOutcome | None, now_ms: int
) -> dict[str, Any]:
    if isinstance(report, JobEnd):
        reported, start_time = report.status.value, report.start_time
    else:
        reported, start_time = _release_of(report).value, None
    return {
        "of_job": report.job_id,
        "of_token": report.token,
        "at": now_ms,
        "as_outcome": outcome or reported,
        "started": None if start_time is None else milliseconds(start_time, now_ms),
    }


def _release_of(report: JobRelease) -> AttemptOutcome:
    return AttemptOutcome.GUARD_LOST if report.is_lost else AttemptOutcome.RELEASED


def milliseconds(time: str, otherwise: int) -> int:
    """Return an ISO 8601 time as milliseconds since 1970, or `otherwise` if it is not one."""
    try:
        return int(datetime.fromisoformat(time).timestamp() * 1000)
    except (ValueError, OverflowError):
        return otherwise
