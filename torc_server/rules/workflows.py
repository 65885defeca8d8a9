"""Creating and reading workflows."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, exists, insert, select, update

from torc_core.clock import utc_text
from torc_core.errors import NotFoundError, UsageError
from torc_core.model.events.types import WorkflowArchived
from torc_core.model.execution import read_execution_config
from torc_core.model.ids import RequirementsId, WorkflowId
from torc_core.model.records.workflow_run import RunStatus
from torc_core.model.resources import DEFAULT_REQUIREMENTS, ResourceRequirements
from torc_core.model.status import UNSUCCESSFUL
from torc_core.model.workflow import MAX_ITERATIONS, DynamicJobs, Workflow, WorkflowStatus
from torc_core.units import parse_duration, parse_memory
from torc_core.variables import check_variables
from torc_server.rules.attempts.packing import sort_method_of
from torc_server.rules.dependencies.settled import IS_OPEN
from torc_server.rules.events import record
from torc_server.rules.sharing import share_with, with_access_groups
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import is_kept
from torc_server.storage.mapping import WORKFLOW
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.workflow import WorkflowRow

_FIND = Prepared(
    select(tables.workflow).where(
        tables.workflow.c.id == bindparam("id"), is_kept(tables.workflow.c.id)
    ),
    rows=WorkflowRow,
)

HAS_OPEN_JOBS = exists().where(tables.job.c.workflow_id == bindparam("workflow_id"), IS_OPEN)
"""Whether some job of `workflow_id` is not complete."""

_HAS_UNSUCCESSFUL_JOBS = Prepared(
    select(
        exists().where(
            tables.job.c.workflow_id == bindparam("workflow_id"),
            tables.job.c.status.in_([status.number for status in UNSUCCESSFUL]),
        )
    )
)
_IS_RESUMING = Prepared(
    select(
        exists().where(
            tables.workflow_run.c.workflow_id == bindparam("workflow_id"),
            tables.workflow_run.c.status == RunStatus.RESUMING.value,
        )
    )
)
_HAS_OPEN_JOBS = Prepared(select(HAS_OPEN_JOBS))


def create_workflow(conn: Connection, workflow: Workflow, *, now_ms: int) -> Workflow:
    """Create a workflow, with requirements for jobs that state none, and return it.

    Raises:
        UsageError: There is no such sort method or access group, or a variable, a bound or a way
            of execution that cannot be one.
    """
    sort_method_of(workflow.jobs_sort_method, field="jobs_sort_method")
    check_variables(workflow.env)
    read_execution_config(workflow.execution_config)
    _check_bounds(workflow.dynamic_jobs)
    values = WORKFLOW.values(workflow) | {
        "timestamp": utc_text(now_ms),
        "run_id": 0,
        "is_canceled": False,
        "is_archived": False,
        "has_detected_need_to_run_completion_script": False,
        "completion_recorded": False,
    }
    for unstored in ("id", "job_counts", "access_groups"):
        values.pop(unstored, None)
    workflow_id = WorkflowId(_inserted_id(conn, tables.workflow, values))
    default = ResourceRequirements(workflow_id=workflow_id, name=DEFAULT_REQUIREMENTS)
    add_requirements(conn, default)
    share_with(conn, workflow_id, workflow.access_groups or (), now_ms=now_ms)
    return get_workflow(conn, workflow_id)


def archive_workflow(
    conn: Connection, workflow_id: WorkflowId, *, is_archived: bool, now_ms: int
) -> Workflow:
    """Archive a workflow, or take it out of the archive, and return it. Running jobs continue.

    Raises:
        NotFoundError: There is no such workflow.
    """
    if find_workflow(conn, workflow_id).is_archived != is_archived:
        workflow = tables.workflow
        conn.execute(
            update(workflow).where(workflow.c.id == workflow_id).values(is_archived=is_archived)
        )
        record(conn, workflow_id, WorkflowArchived(is_archived=is_archived), now_ms=now_ms)
    return get_workflow(conn, workflow_id)


def add_requirements(conn: Connection, requirements: ResourceRequirements) -> RequirementsId:
    """Store resource requirements under any name, also the reserved one, and return their id.

    Raises:
        UsageError: Memory or runtime is not in its format.
    """
    values = msgspec.structs.asdict(requirements)
    del values["id"]
    values["memory_bytes"] = parse_memory(requirements.memory)
    values["runtime_s"] = parse_duration(requirements.runtime)
    return RequirementsId(_inserted_id(conn, tables.resource_requirements, values))


def get_workflow(conn: Connection, workflow_id: WorkflowId) -> Workflow:
    """Return a workflow.

    Raises:
        NotFoundError: There is none.
    """
    workflow = WORKFLOW.find(conn, workflow_id)
    if workflow is None:
        raise NotFoundError.of("workflow", workflow_id)
    return with_access_groups(conn, [workflow])[0]


def find_workflow(conn: Connection, workflow_id: WorkflowId) -> WorkflowRow:
    """Return a workflow's row.

    Raises:
        NotFoundError: There is none.
    """
    row = _FIND.first(conn, id=workflow_id)
    if row is None:
        raise NotFoundError.of("workflow", workflow_id)
    return row


def status_of(row: WorkflowRow) -> WorkflowStatus:
    """Return the status that a workflow's row holds, without the counts of its jobs."""
    return WorkflowStatus(
        id=row.id,
        is_canceled=row.is_canceled,
        is_archived=row.is_archived,
        run_id=row.run_id,
        has_detected_need_to_run_completion_script=row.has_detected_need_to_run_completion_script,
    )


def has_open_jobs(conn: Connection, workflow_id: WorkflowId) -> bool:
    """Return whether some job is not complete."""
    [(found,)] = _HAS_OPEN_JOBS.all(conn, workflow_id=workflow_id)
    return bool(found)


def has_unsuccessful_jobs(conn: Connection, workflow_id: WorkflowId) -> bool:
    """Return whether some job has failed, or was canceled or terminated."""
    [(found,)] = _HAS_UNSUCCESSFUL_JOBS.all(conn, workflow_id=workflow_id)
    return bool(found)


def is_resuming(conn: Connection, workflow_id: WorkflowId) -> bool:
    """Return whether a resume waits for jobs of the workflow to end."""
    [(found,)] = _IS_RESUMING.all(conn, workflow_id=workflow_id)
    return bool(found)


def _check_bounds(bounds: DynamicJobs | None) -> None:
    most = None if bounds is None else bounds.max_iterations
    if most is not None and not 1 <= most <= MAX_ITERATIONS:
        raise UsageError(
            f"max_iterations is {most}; it must be from 1 to {MAX_ITERATIONS:,}.",
            field="dynamic_jobs",
            value=most,
        )


def _inserted_id(conn: Connection, table: Table, values: dict[str, Any]) -> int:
    key = conn.execute(insert(table).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])
