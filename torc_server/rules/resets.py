"""Resetting jobs and workflows, to run them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, exists, or_, select, update

from torc_core.graph import downstream
from torc_core.model.compute import UNFINISHED_ALLOCATIONS
from torc_core.model.events.types import ChangedJobsReset, JobsReset, WorkflowStatusReset
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.status import ACTIVE, RESET_CHANGED, RESET_FAILED, JobStatus, Reset
from torc_core.model.workflow import ResetJobStatusReply, WorkflowStatus
from torc_server.errors import ResetError
from torc_server.rules import actions
from torc_server.rules.attempts.cancel import stop_attempts
from torc_server.rules.dependencies.inputs import Inputs, input_hashes, positions_of, read_inputs
from torc_server.rules.dependencies.propagation import expect_completion
from torc_server.rules.dependencies.sets import Members, recount
from torc_server.rules.events import record
from torc_server.rules.jobs import NO_HOLDER
from torc_server.rules.workflows import find_workflow, status_of
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_job = tables.job
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_RESET = Prepared(
    update(_job)
    .where(_job.c.id.in_(_IDS))
    .values(status=JobStatus.UNINITIALIZED.number, **NO_HOLDER)
)
_INITIALIZED = Prepared(
    select(_job.c.id)
    .where(_job.c.id.in_(_IDS), _job.c.status != JobStatus.UNINITIALIZED.number)
    .limit(1)
)


class ChangedJobs(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the jobs whose inputs changed, and of all their dependents."""

    reinitialized_jobs: list[str]


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
        chosen = reset_positions(RESET_FAILED, inputs, positions_of(inputs))
        job_ids = [inputs.jobs[at].id for at in chosen]
    else:
        job_ids = list(
            conn.execute(select(_job.c.id).where(_job.c.workflow_id == workflow_id)).scalars()
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
    chosen = reset_positions(RESET_CHANGED, inputs, positions_of(inputs), _changed(inputs))
    if chosen and not dry_run:
        job_ids = [inputs.jobs[at].id for at in chosen]
        reset_jobs(conn, workflow_id, job_ids, now_ms=now_ms)
        event = ChangedJobsReset(jobs=len(job_ids), run_id=workflow.run_id)
        record(conn, workflow_id, event, now_ms=now_ms)
    return ChangedJobs(reinitialized_jobs=[inputs.jobs[at].name for at in sorted(chosen)])


def reset_jobs(
    conn: Connection, workflow_id: WorkflowId, job_ids: Collection[JobId], *, now_ms: int
) -> None:
    """Reset jobs of any status."""
    _RESET.run_of(conn, job_ids)
    stop_attempts(conn, job_ids, now_ms=now_ms)
    recount(conn, workflow_id)
    actions.recount(conn, workflow_id)
    if job_ids:
        expect_completion(conn, workflow_id)


def reset_positions(
    reset: Reset, inputs: Inputs, needed: Sequence[Members], among: Iterable[int] | None = None
) -> set[int]:
    """Return the positions of the jobs that a reset applies to.

    Args:
        reset: Which.
        inputs: The jobs.
        needed: For each job the positions of those that it depends on.
        among: Positions of the jobs that the reset considers; all by default.
    """
    statuses = [JobStatus.from_number(row.status) for row in inputs.jobs]
    looked_at = range(len(statuses)) if among is None else among
    jobs = {at for at in looked_at if statuses[at] in reset.jobs}
    after = downstream(needed, jobs) if reset.after else ()
    return jobs | {at for at in after if statuses[at] in reset.after}


def _changed(inputs: Inputs) -> set[int]:
    """Return the positions of jobs whose inputs changed."""
    hashes = input_hashes(inputs, inputs.stated)
    return {
        at
        for at, (row, new) in enumerate(zip(inputs.jobs, hashes, strict=True))
        if row.input_hash not in {None, new}
    }


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
