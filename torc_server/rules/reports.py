"""Starts and ends as the reference's clients report them: one job at a time, without tokens."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from torc_core.clock import utc_text
from torc_core.errors import NotFoundError, TransitionError, UsageError
from torc_core.model.exchange import JobEnd, JobStart
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import ENDED, REPORTABLE, JobStatus, may_end
from torc_server import tables
from torc_server.rules.completion import Ending, record_ends, start_jobs
from torc_server.rules.jobs import find_job, get_job
from torc_server.rules.selection import Record
from torc_server.rules.transitions import illegal
from torc_server.rules.verdict import Place
from torc_server.rules.workflows import find_workflow

_result = tables.result
_FIND_NODE = select(tables.compute_node.c.id).where(
    tables.compute_node.c.id == bindparam("node_id"),
    tables.compute_node.c.workflow_id == bindparam("workflow_id"),
)
_FIND_RESULT = select(_result).where(
    _result.c.job_id == bindparam("job_id"),
    _result.c.run_id == bindparam("run_id"),
    _result.c.attempt_id == bindparam("attempt_id"),
)


def start_job(
    conn: Connection, job_id: int, run_id: int, compute_node_id: int, *, now_ms: int
) -> Job:
    """Note that a claimed job runs; the same again changes nothing.

    Raises:
        NotFoundError: There is no such job, or no such compute node in its workflow.
        TransitionError: The job is not pending, or the workflow is at another run.
    """
    job = find_job(conn, job_id)
    status = JobStatus.from_number(job.status)
    again = status is JobStatus.RUNNING and job.compute_node_id == compute_node_id
    if status is not JobStatus.PENDING and not again:
        raise illegal(
            job,
            JobStatus.RUNNING,
            hint="Claim the job first; a job is started once per claim.",
        )
    place = _place(conn, job, run_id, compute_node_id)
    start = JobStart(job_id=job_id, token=job.token, start_time=utc_text(now_ms))
    start_jobs(conn, place, [start], now_ms=now_ms)
    return get_job(conn, job_id)


def complete_job(
    conn: Connection, job_id: int, status: JobStatus, run_id: int, result: Result, *, now_ms: int
) -> Job:
    """Record the end of a job, which need not have been claimed or started.

    The identical report again changes nothing.

    Raises:
        NotFoundError: There is no such job, or no such compute node in its workflow.
        UsageError: The status is not one in which a job ends.
        TransitionError: The job has ended otherwise, the attempt has another result already, or
            the workflow is at another run.
    """
    if status not in REPORTABLE:
        raise UsageError(
            f"A job cannot be completed as {status.value}.",
            hint=f"Use one of: {', '.join(sorted(REPORTABLE))}.",
            field="status",
            value=status.value,
        )
    job = find_job(conn, job_id)
    present = JobStatus.from_number(job.status)
    recorded = conn.execute(
        _FIND_RESULT, {"job_id": job_id, "run_id": run_id, "attempt_id": result.attempt_id}
    ).one_or_none()
    if recorded is not None and present is status and _is_same(recorded, status, result):
        return get_job(conn, job_id)
    if present in ENDED or recorded is not None:
        raise TransitionError(
            f"Job {job_id} ({job.name}) is {present.value} already"
            + (f" and has a result for attempt {result.attempt_id}." if recorded else "."),
            hint="Reset or retry the job to run it again.",
            status=present.value,
            wanted=status.value,
            http_status=422,
        )
    if not may_end(present, status):
        raise illegal(job, status, hint="Reset the job first.")
    place = _place(conn, job, run_id, result.compute_node_id)
    end = JobEnd(
        job_id=job_id,
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
    record_ends(conn, place, [Ending(job, end, result.attempt_id)], now_ms=now_ms)
    return get_job(conn, job_id)


def check_run(workflow: Record, run_id: int) -> None:
    """Make sure that a caller speaks of the workflow's present run.

    Raises:
        TransitionError: It speaks of another.
    """
    if workflow.run_id != run_id:
        raise TransitionError(
            f"Workflow {workflow.id} is at run {workflow.run_id}, not at run {run_id}.",
            hint="Read the workflow's status for the present run.",
            http_status=422,
            run_id=workflow.run_id,
        )


def _place(conn: Connection, job: Record, run_id: int, compute_node_id: int) -> Place:
    workflow = find_workflow(conn, job.workflow_id)
    check_run(workflow, run_id)
    node = {"node_id": compute_node_id, "workflow_id": workflow.id}
    if conn.execute(_FIND_NODE, node).one_or_none() is None:
        raise NotFoundError("compute node", f"{compute_node_id} in workflow {workflow.id}")
    return Place(workflow.id, run_id, compute_node_id)


def _is_same(recorded: Record, status: JobStatus, result: Result) -> bool:
    return bool(
        recorded.status == status.number
        and recorded.return_code == result.return_code
        and recorded.completion_time == result.completion_time
    )
