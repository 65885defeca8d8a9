"""Starts and completions as the reference's clients report them: without tokens.

Completions that come at the same time are checked one by one, and recorded together: a statement
for many jobs costs hardly more than one for one job.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, select

from torc_core.clock import utc_text
from torc_core.errors import NotFoundError, TorcError, UsageError
from torc_core.model.completion import CompletedJobs, CompletionError, JobCompletions
from torc_core.model.exchange import JobEnd, JobStart
from torc_core.model.ids import ComputeNodeId, JobId, WorkflowId
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import ENDED, JobStatus, may_complete
from torc_server.errors import OutcomeError, StaleRunError
from torc_server.rules.attempts.report_check import Place, check_attempt, check_status
from torc_server.rules.attempts.results import AcceptedCompletion, record_results
from torc_server.rules.attempts.runner_reports import start_jobs
from torc_server.rules.jobs import find_job, get_job, job_of, with_relations
from torc_server.rules.transitions import illegal
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record
from torc_server.storage.tables.job import JobRow
from torc_server.storage.tables.result import ResultRow
from torc_server.storage.tables.workflow import WorkflowRow

MAX_COMPLETIONS = 10_000
"""The most completions in one call."""

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_JOBS = Prepared(select(tables.job).where(tables.job.c.id.in_(_IDS)), rows=JobRow)
_RESULTS = Prepared(select(tables.result).where(tables.result.c.job_id.in_(_IDS)), rows=ResultRow)
_WORKFLOWS = Prepared(
    select(tables.workflow.c.id, tables.workflow.c.run_id).where(tables.workflow.c.id.in_(_IDS))
)
_NODES = Prepared(select(tables.compute_node.c.id).where(tables.compute_node.c.id.in_(_IDS)))


class Completion(NamedTuple):
    """The completion of a job as a client reports it."""

    job_id: JobId
    status: JobStatus
    run_id: int
    result: Result
    workflow_id: WorkflowId | None = None
    """The workflow that the client names, if any."""


class _Known(NamedTuple):
    """What completions are checked against."""

    jobs: dict[JobId, JobRow]
    results: dict[tuple[int, int, int], ResultRow]
    """By job, run and attempt."""
    workflows: dict[int, Record]
    nodes: set[int]


def start_job(
    conn: Connection, job_id: JobId, run_id: int, compute_node_id: ComputeNodeId, *, now_ms: int
) -> Job:
    """Record that a claimed job runs; repeating the call changes nothing.

    A compute node that does not exist is not recorded, as with the reference.

    Raises:
        NotFoundError: There is no such job.
        TransitionError: The job is not pending, or the workflow is at another run.
    """
    job = find_job(conn, job_id)
    status = JobStatus.from_number(job.status)
    [(known,)] = _NODES.all_of(conn, [compute_node_id]) or [(None,)]
    is_repeated = status is JobStatus.RUNNING and job.compute_node_id == known
    if status is not JobStatus.PENDING and not is_repeated:
        raise illegal(
            job,
            JobStatus.RUNNING,
            hint="Claim the job first; a job is started once per claim.",
        )
    workflow = find_workflow(conn, job.workflow_id)
    check_run(workflow, run_id)
    place = Place(workflow.id, run_id, compute_node_id, is_known=known is not None)
    start = JobStart(job_id=job_id, token=job.token, start_time=utc_text(now_ms))
    start_jobs(conn, place, [start], now_ms=now_ms)
    return get_job(conn, job_id)


def complete_job(
    conn: Connection, job_id: JobId, status: JobStatus, run_id: int, result: Result, *, now_ms: int
) -> Job:
    """Record the completion of one job and return the job.

    Raises:
        TorcError: It is refused, see `record_completions`.
    """
    completion = Completion(job_id, status, run_id, result)
    [outcome] = complete_jobs(conn, [completion], now_ms)
    if isinstance(outcome, TorcError):
        raise outcome
    return outcome


def complete_jobs(
    conn: Connection, completions: Sequence[Completion], now_ms: int
) -> list[Job | TorcError]:
    """Record completions of jobs, of any workflows; return for each the job or the refusal.

    See `record_completions`.
    """
    refusals = record_completions(conn, completions, now_ms=now_ms)
    done = {c.job_id for c, refusal in zip(completions, refusals, strict=True) if refusal is None}
    ended = with_relations(conn, [job_of(row) for row in _JOBS.all_of(conn, done)])
    jobs = {job.id: job for job in ended}
    return [
        jobs[completion.job_id] if refusal is None else refusal
        for completion, refusal in zip(completions, refusals, strict=True)
    ]


def batch_complete_jobs(
    conn: Connection, workflow_id: WorkflowId, batch: JobCompletions, *, now_ms: int
) -> CompletedJobs:
    """Record completions of jobs of one workflow, each for itself; see `record_completions`.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: More than 10,000 completions.
    """
    find_workflow(conn, workflow_id)
    if len(batch.completions) > MAX_COMPLETIONS:
        raise UsageError(
            f"{len(batch.completions):,} completions are too many for one call.",
            hint=f"Send at most {MAX_COMPLETIONS:,} at a time.",
            field="completions",
        )
    completions = [
        Completion(c.job_id, c.status, c.run_id, c.result, workflow_id) for c in batch.completions
    ]
    completed: list[JobId] = []
    errors: list[CompletionError] = []
    refusals = record_completions(conn, completions, now_ms=now_ms)
    for completion, refusal in zip(completions, refusals, strict=True):
        if refusal is None:
            completed.append(completion.job_id)
        else:
            errors.append(CompletionError(job_id=completion.job_id, message=refusal.message))
    return CompletedJobs(completed=completed, errors=errors)


def record_completions(
    conn: Connection, completions: Sequence[Completion], *, now_ms: int
) -> list[TorcError | None]:
    """Record completions of jobs, which need not have been claimed or started, as if one by one.

    Repeating an identical report changes nothing.

    Returns:
        For each why it was refused, if it was: `NotFoundError` when there is no such job, or no
        such compute node; `UsageError` when jobs cannot complete with that status,
        or the attempt has no valid number; `TransitionError` when the job has another outcome
        already, cannot complete, the attempt has another result, or the workflow is at another
        run.
    """
    known = _read(conn, completions)
    refusals: list[TorcError | None] = []
    accepted: set[int] = set()
    waiting: list[AcceptedCompletion] = []
    for completion in completions:
        if accepted and _may_differ(known, completion, accepted):
            record_results(conn, waiting, revoke_runner=True, now_ms=now_ms)
            waiting = []
            seen = _read(conn, [completion])
        else:
            seen = known
        try:
            accepted_now = _accept(seen, completion)
        except TorcError as refusal:
            refusals.append(refusal)
            continue
        if accepted_now is not None:
            waiting.append(accepted_now)
            accepted.add(completion.job_id)
        refusals.append(None)
    if waiting:
        record_results(conn, waiting, revoke_runner=True, now_ms=now_ms)
    return refusals


def _may_differ(known: _Known, completion: Completion, accepted: Container[int]) -> bool:
    """Return whether completions accepted before, of it or upstream, may have changed the job."""
    job = known.jobs.get(completion.job_id)
    return job is not None and (job.id in accepted or job.status == JobStatus.BLOCKED.number)


def _read(conn: Connection, completions: Sequence[Completion]) -> _Known:
    ids = {completion.job_id for completion in completions}
    jobs = {row.id: row for row in _JOBS.all_of(conn, ids)}
    workflows = {row.workflow_id for row in jobs.values()}
    nodes = {completion.result.compute_node_id for completion in completions}
    return _Known(
        jobs,
        {(row.job_id, row.run_id, row.attempt_id): row for row in _RESULTS.all_of(conn, ids)},
        {row.id: row for row in _WORKFLOWS.all_of(conn, workflows)},
        {row.id for row in _NODES.all_of(conn, nodes)},
    )


def _accept(known: _Known, completion: Completion) -> AcceptedCompletion | None:
    """Return what is to be recorded; None if it was recorded before.

    Raises:
        NotFoundError: There is no such job, or no such compute node.
        UsageError: Jobs cannot complete with this status, or the attempt has no valid number.
        TransitionError: See `record_completions`.
    """
    job_id, status, run_id, result, workflow_id = completion
    check_status(status)
    check_attempt(result.attempt_id)
    job = known.jobs.get(job_id)
    if job is None:
        raise NotFoundError.of("job", job_id)
    if workflow_id not in {None, job.workflow_id}:
        raise NotFoundError.of("job", f"{job_id} in workflow {workflow_id}")
    present = JobStatus.from_number(job.status)
    recorded = known.results.get((job_id, run_id, result.attempt_id))
    if recorded is not None and present is status and _is_same(recorded, status, result):
        return None
    if present in ENDED or recorded is not None:
        raise OutcomeError(
            f"Job {job_id} ({job.name}) is {present.value} already"
            + (f" and has a result for attempt {result.attempt_id}." if recorded else "."),
            hint="Reset or retry the job to run it again.",
            status=present.value,
            wanted=status.value,
        )
    if not may_complete(present, status):
        raise illegal(job, status, hint="Reset the job first.")
    check_run(known.workflows[job.workflow_id], run_id)
    if result.compute_node_id not in known.nodes:
        raise NotFoundError.of("compute node", result.compute_node_id)
    place = Place(job.workflow_id, run_id, result.compute_node_id)
    return AcceptedCompletion(place, job, _end(job, status, result), result.attempt_id)


def _end(job: JobRow, status: JobStatus, result: Result) -> JobEnd:
    return JobEnd(
        job_id=job.id,
        token=job.token,
        status=status,
        return_code=result.return_code,
        exec_time_minutes=result.exec_time_minutes,
        completion_time=result.completion_time,
        peak_memory_bytes=result.peak_memory_bytes,
        avg_memory_bytes=result.avg_memory_bytes,
        peak_cpu_percent=result.peak_cpu_percent,
        avg_cpu_percent=result.avg_cpu_percent,
    )


def check_run(workflow: WorkflowRow | Record, run_id: int) -> None:
    """Make sure that a caller refers to the workflow's present run.

    Raises:
        StaleRunError: It speaks of another.
    """
    if workflow.run_id != run_id:
        raise StaleRunError(
            f"Workflow {workflow.id} is at run {workflow.run_id}, not at run {run_id}.",
            hint="Read the workflow's status for the present run.",
            run_id=workflow.run_id,
        )


def _is_same(recorded: ResultRow, status: JobStatus, result: Result) -> bool:
    return bool(
        recorded.status == status.number
        and recorded.return_code == result.return_code
        and recorded.completion_time == result.completion_time
    )
