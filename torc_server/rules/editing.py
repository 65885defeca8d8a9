"""Updating and deleting jobs."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, update

from torc_core.errors import TransitionError, UsageError
from torc_core.model.events.types import JobDeleted, JobDisabled
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.job import Job, JobPatch, SchedulerAssignment
from torc_core.model.status import ACTIVE, JobStatus, may_follow
from torc_core.variables import check_variables
from torc_server.errors import JobLockedError
from torc_server.rules import actions
from torc_server.rules.dependencies.propagation import Change, propagate
from torc_server.rules.dependencies.sets import (
    as_members,
    drop_if_unused,
    drop_unused,
    ensure_sets,
    set_ids_of,
)
from torc_server.rules.dependencies.settled import counts_as
from torc_server.rules.events import record, touch
from torc_server.rules.jobs import LINKS, find_job, get_job, groups_of
from torc_server.rules.related import check_related
from torc_server.rules.transitions import illegal
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.sizes import note_deletion
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.job import JobRow

_job = tables.job

_ASSIGN = Prepared(
    update(_job)
    .where(_job.c.id.in_(bindparam("ids", expanding=True)))
    .values(scheduler_id=bindparam("scheduler"))
)
_NEEDS = "resource_requirements_id"
ALWAYS = frozenset(
    {
        "invocation_script",
        "cancel_on_blocking_job_failure",
        "supports_termination",
        _NEEDS,
        "scheduler_id",
        "on_lost",
        "priority",
    }
)
"""What may change at any time; everything else only while the job is uninitialized."""


def update_job(conn: Connection, job_id: JobId, patch: JobPatch, *, now_ms: int) -> Job:
    """Update the fields of a job that the patch states, and return the job.

    Stating the value that a field already has is not a change. The only status to set is disabled.

    Raises:
        NotFoundError: There is no such job.
        UsageError: A field cannot be changed at all, or refers to something that does not exist.
        TransitionError: A field cannot be changed any more.
    """
    row = find_job(conn, job_id)
    changes = _changes(get_job(conn, job_id), patch)
    _check_changes(row, changes)
    _check_references(conn, row, changes)
    status = changes.pop("status", None)
    if "depends_on_job_ids" in changes:
        members = as_members(changes.pop("depends_on_job_ids"))
        sets = ensure_sets(conn, row.workflow_id, [members])
        changes["dependency_set_id"] = sets.get(members)
    if "name" in changes:
        [changes["group_id"]] = groups_of(conn, row.workflow_id, [changes["name"]])
    if changes.keys() & {"dependency_set_id", "group_id"}:
        note_deletion(conn, row.workflow_id)
    if status is not None:
        changes["status"] = status.number
    if changes:
        conn.execute(update(_job).where(_job.c.id == job_id).values(changes))
        touch(conn, row.workflow_id)
    if "dependency_set_id" in changes:
        drop_if_unused(conn, row.dependency_set_id)
    if status is not None:
        disabled = JobDisabled(job_id=job_id, job_name=row.name)
        record(conn, row.workflow_id, disabled, now_ms=now_ms)
        run_id = find_workflow(conn, row.workflow_id).run_id
        change = Change(job_id, counts_as(row), status)
        propagate(conn, row.workflow_id, [change], run_id=run_id, now_ms=now_ms)
    return get_job(conn, job_id)


def assign_scheduler(
    conn: Connection, workflow_id: WorkflowId, assignment: SchedulerAssignment
) -> int:
    """Set the Slurm scheduler of jobs in any status, and return how many there are.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: It has not all of these jobs, or no such scheduler.
    """
    find_workflow(conn, workflow_id)
    job_ids = set(assignment.job_ids)
    check_related(conn, workflow_id, "job_ids", _job, job_ids)
    scheduler_id = assignment.scheduler_id
    check_related(conn, workflow_id, "scheduler_id", tables.slurm_scheduler, {scheduler_id})
    _ASSIGN.run_of(conn, sorted(job_ids), scheduler=scheduler_id)
    if job_ids:
        touch(conn, workflow_id)
    return len(job_ids)


def delete_job(conn: Connection, job_id: JobId, *, now_ms: int) -> Job:
    """Delete a job and return what it was. Jobs lose their dependency on it.

    Raises:
        NotFoundError: There is no such job.
        TransitionError: A runner holds it.
    """
    job = get_job(conn, job_id)
    row = find_job(conn, job_id)
    if JobStatus.from_number(row.status) in ACTIVE:
        raise TransitionError(
            f"Job {job_id} ({job.name}) is {job.status}, so it cannot be deleted.",
            hint="Cancel it first.",
            status=job.status,
        )
    run_id = find_workflow(conn, job.workflow_id).run_id
    # A disabled job blocks no other: so the counters are right once the job is gone.
    change = Change(job_id, counts_as(row), JobStatus.DISABLED)
    conn.execute(update(_job).where(_job.c.id == job_id).values(status=JobStatus.DISABLED.number))
    propagate(conn, job.workflow_id, [change], run_id=run_id, now_ms=now_ms)
    conn.execute(delete(_job).where(_job.c.id == job_id))
    note_deletion(conn, job.workflow_id)
    actions.recount(conn, job.workflow_id)
    drop_if_unused(conn, row.dependency_set_id)
    deleted = JobDeleted(job_id=job_id, job_name=row.name)
    record(conn, row.workflow_id, deleted, now_ms=now_ms)
    return job


def delete_jobs(conn: Connection, workflow_id: WorkflowId) -> int:
    """Delete all jobs of a workflow with what belongs to them, and return how many there were.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    own = select(_job.c.id).where(_job.c.workflow_id == workflow_id)
    count: int = conn.execute(select(func.count()).select_from(own.subquery())).scalar_one()
    for table in (tables.latest_result, tables.result, tables.attempt):
        conn.execute(delete(table).where(table.c.workflow_id == workflow_id))
    for table, _ in LINKS.values():
        conn.execute(delete(table).where(table.c.job_id.in_(own)))
    members = tables.dependency_set_member
    conn.execute(delete(members).where(members.c.job_id.in_(own)))
    conn.execute(delete(_job).where(_job.c.workflow_id == workflow_id))
    conn.execute(delete(tables.job_group).where(tables.job_group.c.workflow_id == workflow_id))
    note_deletion(conn, workflow_id)
    actions.recount(conn, workflow_id)
    drop_unused(conn, set_ids_of(conn, workflow_id))
    touch(conn, workflow_id)
    return count


def _changes(job: Job, patch: JobPatch) -> dict[str, Any]:
    """Return the fields that the patch states otherwise than the job has them."""
    changes = {}
    for field, stated in msgspec.structs.asdict(patch).items():
        present = getattr(job, field)
        same = set(stated) == set(present) if isinstance(stated, list) else stated == present
        if stated is not None and not same:
            changes[field] = stated
    return changes


def _check_changes(row: JobRow, changes: dict[str, Any]) -> None:
    for field in changes.keys() & LINKS.keys():
        raise UsageError(
            f"{field} of a job cannot be changed.",
            hint="Delete the job and create another one.",
            field=field,
        )
    if changes.get("status", JobStatus.DISABLED) is not JobStatus.DISABLED:
        raise UsageError(
            f"The status of job {row.id} ({row.name}) cannot be set to "
            f"{changes['status'].value} with update_job.",
            hint="Set it with manage_status_change, or report an outcome with complete_job; here a "
            "job that is uninitialized can be disabled.",
            field="status",
            value=changes["status"].value,
        )
    status = JobStatus.from_number(row.status)
    if "status" in changes and not may_follow(status, JobStatus.DISABLED):
        raise illegal(
            row,
            JobStatus.DISABLED,
            hint="Only a job that is uninitialized can be disabled; reset it first.",
            error=JobLockedError,
        )
    late = sorted(changes.keys() - ALWAYS)
    if late and status is not JobStatus.UNINITIALIZED:
        raise JobLockedError(
            f"Job {row.id} ({row.name}) is {status.value}; {', '.join(late)} can only be changed "
            "while a job is uninitialized.",
            hint="Reset the job first, with reset_job_status or manage_status_change.",
            fields=late,
        )


def _check_references(conn: Connection, row: JobRow, changes: dict[str, Any]) -> None:
    needed = set(changes.get("depends_on_job_ids", ()))
    if row.id in needed:
        raise UsageError(
            f"Job {row.id} ({row.name}) cannot depend on itself.",
            hint="Leave its own id out of depends_on_job_ids.",
            field="depends_on_job_ids",
        )
    check_related(conn, row.workflow_id, "depends_on_job_ids", tables.job, needed)
    requirements = {changes[_NEEDS]} if _NEEDS in changes else set()
    check_related(conn, row.workflow_id, _NEEDS, tables.resource_requirements, requirements)
    check_variables(changes.get("env"))
    if changes.get("priority", 0) < 0:
        raise UsageError("A priority is at least 0.", field="priority", value=changes["priority"])
