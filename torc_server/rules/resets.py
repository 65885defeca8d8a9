"""Resetting jobs and workflows, to run them again."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping

from sqlalchemy import BindParameter, Connection, bindparam, exists, or_, select, update

from torc_core.graph import SharedRows, mark_downstream
from torc_core.model.compute import UNFINISHED_ALLOCATIONS
from torc_core.model.events.types import (
    ChangedJobsReset,
    ChosenJobsReset,
    JobsReset,
    WorkflowStatusReset,
)
from torc_core.model.ids import FileId, JobId, WorkflowId
from torc_core.model.status import ACTIVE, RESET_CHANGED, RESET_FAILED, JobStatus, Reset
from torc_core.model.workflow import (
    ChangedJobs,
    ResetJobsRequest,
    ResetJobStatusReply,
    WorkflowStatus,
)
from torc_server.errors import ResetError
from torc_server.rules import actions
from torc_server.rules.attempts.cancel import stop_attempts
from torc_server.rules.attempts.outcome import RETURNABLE, AttemptOutcome
from torc_server.rules.dependencies.input_hash import find_changes
from torc_server.rules.dependencies.inputs import Inputs, names_of, read_inputs
from torc_server.rules.dependencies.propagation import expect_completion
from torc_server.rules.dependencies.sets import recount
from torc_server.rules.events import record
from torc_server.rules.jobs import NO_HOLDER
from torc_server.rules.related import check_related
from torc_server.rules.workflows import find_workflow, status_of
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_job = tables.job
_attempt = tables.attempt
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_RESET = Prepared(
    update(_job)
    .where(_job.c.id.in_(_IDS))
    .values(
        status=JobStatus.UNINITIALIZED.number,
        uncounted_attempts=_job.c.attempt_id - 1,  # failure handlers may retry it as often as ever
        **NO_HOLDER,
    )
)
_GIVE_UP_LOST = Prepared(
    update(_attempt)
    .where(_attempt.c.job_id.in_(_IDS), _attempt.c.outcome.in_(sorted(RETURNABLE)))
    .values(outcome=AttemptOutcome.GIVEN_UP)
)
_STAMP_FILE = Prepared(
    update(tables.file)
    .where(
        tables.file.c.id == bindparam("of_file"), tables.file.c.workflow_id == bindparam("within")
    )
    .values(st_mtime=bindparam("mtime"))
)
_CHANGEABLE = Prepared(
    select(_job.c.id).where(
        _job.c.id.in_(_IDS), _job.c.status.in_([each.number for each in RESET_CHANGED.jobs])
    )
)
_INITIALIZED = Prepared(
    select(_job.c.id)
    .where(_job.c.id.in_(_IDS), _job.c.status != JobStatus.UNINITIALIZED.number)
    .limit(1)
)


def reset_job_status(
    conn: Connection, workflow_id: WorkflowId, *, failed_only: bool = False, now_ms: int
) -> ResetJobStatusReply:
    """Reset all jobs, or those that were unsuccessful and everything downstream of them.

    Results and numbers of attempts stay. Running jobs are stopped. Disabled jobs are enabled only
    when all jobs are reset.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = find_workflow(conn, workflow_id)
    if failed_only:
        inputs = read_inputs(conn, workflow_id)
        job_ids = inputs.ids_of(mark_reset(RESET_FAILED, inputs, inputs.stated))
    else:
        job_ids = (
            conn.execute(select(_job.c.id).where(_job.c.workflow_id == workflow_id)).scalars().all()
        )
    if _INITIALIZED.all_of(conn, job_ids):
        reset_jobs(conn, workflow_id, job_ids, now_ms=now_ms)
        event = JobsReset(failed_only=failed_only, jobs=len(job_ids), run_id=workflow.run_id)
        record(conn, workflow_id, event, now_ms=now_ms)
    return ResetJobStatusReply(
        workflow_id=workflow_id,
        updated_count=len(job_ids),
        status=JobStatus.UNINITIALIZED.value,
        reset_type="failed_only" if failed_only else None,
    )


def reset_chosen_jobs(
    conn: Connection, workflow_id: WorkflowId, request: ResetJobsRequest, *, now_ms: int
) -> ResetJobStatusReply:
    """Reset some jobs, and none downstream; running and disabled ones stay as they are.

    The times of files are recorded in the same transaction, as they are why the jobs are reset.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: It has not all of these jobs.
    """
    workflow = find_workflow(conn, workflow_id)
    check_related(conn, workflow_id, "job_ids", _job, set(request.job_ids))
    record_file_times(conn, workflow_id, request.file_times)
    chosen = [row.id for row in _CHANGEABLE.all_of(conn, request.job_ids)]
    if _INITIALIZED.all_of(conn, chosen):
        reset_jobs(conn, workflow_id, chosen, now_ms=now_ms)
        event = ChosenJobsReset(jobs=len(chosen), run_id=workflow.run_id)
        record(conn, workflow_id, event, now_ms=now_ms)
    return ResetJobStatusReply(
        workflow_id=workflow_id,
        updated_count=len(chosen),
        status=JobStatus.UNINITIALIZED.value,
    )


def reset_workflow_status(
    conn: Connection,
    workflow_id: WorkflowId,
    *,
    force: bool = False,
    begin_run: bool = False,
    now_ms: int,
) -> WorkflowStatus:
    """Withdraw the cancellation of a workflow, and if requested begin a new run.

    Raises:
        NotFoundError: There is no such workflow.
        ResetError: It is archived; or, unless `force`, jobs or allocations are active.
    """
    workflow = find_workflow(conn, workflow_id)
    if workflow.is_archived:
        raise ResetError(
            f"Workflow {workflow_id} is archived.",
            hint="Unarchive it first.",
        )
    if not force and _is_active(conn, workflow_id):
        raise ResetError(
            f"Workflow {workflow_id} has jobs or allocations that are active.",
            hint="Cancel the workflow or wait for them, or reset it with force.",
        )
    conn.execute(
        update(tables.workflow)
        .where(tables.workflow.c.id == workflow_id)
        .values(is_canceled=False, run_id=workflow.run_id + begin_run)
    )
    reset = find_workflow(conn, workflow_id)
    if reset != workflow:
        event = WorkflowStatusReset(force=force, run_id=reset.run_id)
        record(conn, workflow_id, event, now_ms=now_ms)
    return status_of(reset)


def process_changed_job_inputs(
    conn: Connection, workflow_id: WorkflowId, *, dry_run: bool = False, now_ms: int
) -> ChangedJobs:
    """Reset the jobs whose inputs have changed since they were initialized, and all downstream.

    Running and disabled jobs stay as they are.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = find_workflow(conn, workflow_id)
    inputs = read_inputs(conn, workflow_id)
    changes = find_changes(conn, workflow_id, inputs)
    among = bytearray(len(inputs.ids))
    for at in changes:
        among[at] = 1
    chosen = mark_reset(RESET_CHANGED, inputs, inputs.stated, among)
    job_ids = inputs.ids_of(chosen)
    if job_ids and not dry_run:
        reset_jobs(conn, workflow_id, job_ids, now_ms=now_ms)
        event = ChangedJobsReset(jobs=len(job_ids), run_id=workflow.run_id)
        record(conn, workflow_id, event, now_ms=now_ms)
    return ChangedJobs(
        reinitialized_jobs=names_of(conn, job_ids),
        changes=[change for at, change in changes.items() if chosen[at]],
    )


def reset_jobs(
    conn: Connection, workflow_id: WorkflowId, job_ids: Collection[JobId], *, now_ms: int
) -> None:
    """Reset jobs of any status."""
    _RESET.run_of(conn, job_ids)
    stop_attempts(conn, job_ids, now_ms=now_ms)
    _GIVE_UP_LOST.run_of(conn, job_ids)
    recount(conn, workflow_id)
    actions.recount(conn, workflow_id)
    if job_ids:
        expect_completion(conn, workflow_id)


def record_file_times(
    conn: Connection, workflow_id: WorkflowId, times: Mapping[FileId, float | None]
) -> None:
    """Record when files of a workflow were modified last, in seconds since 1970, by id."""
    _STAMP_FILE.run_each(
        conn,
        [
            {"of_file": file_id, "mtime": mtime, "within": workflow_id}
            for file_id, mtime in times.items()
        ],
    )


def mark_reset(
    reset: Reset, inputs: Inputs, needed: SharedRows, among: bytes | bytearray | None = None
) -> bytes:
    """Return 1 for each job that a reset applies to, 0 for others.

    Args:
        reset: Which.
        inputs: The jobs.
        needed: For each job the positions of those that it depends on.
        among: 1 for each job that the reset considers; all by default.
    """
    jobs = inputs.having(reset.jobs)
    if among is not None:
        jobs = bytes(map(operator.and_, jobs, among))
    if not reset.after or not any(jobs):
        return jobs
    after = map(operator.and_, mark_downstream(needed, jobs), inputs.having(reset.after))
    return bytes(map(operator.or_, jobs, after))


def _is_active(conn: Connection, workflow_id: WorkflowId) -> bool:
    allocation = tables.scheduled_compute_node.c
    active = or_(
        exists().where(
            _job.c.workflow_id == workflow_id,
            _job.c.status.in_([status.number for status in ACTIVE]),
        ),
        exists().where(
            allocation.workflow_id == workflow_id, allocation.status.in_(UNFINISHED_ALLOCATIONS)
        ),
    )
    return bool(conn.execute(select(active)).scalar_one())
