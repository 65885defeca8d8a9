"""The running jobs, and where they run."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from torc_core.model.ids import WorkflowId
from torc_core.model.job import RunningJob
from torc_core.model.page import Page
from torc_core.model.status import JobStatus
from torc_server.records.pages import Paging, page_of
from torc_server.rules.jobs import moment
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Record

_job = tables.job.c
_node = tables.compute_node.c
_NOWHERE = "unknown"


def running_jobs(conn: Connection, workflow_id: WorkflowId, paging: Paging) -> Page[RunningJob]:
    """Return a page of the running jobs of a workflow; the earliest start first.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    runs = (_job.workflow_id == workflow_id, _job.status == JobStatus.RUNNING.number)
    query = (
        select(
            _job.id,
            _job.name,
            _job.started_at,
            _node.hostname,
            _node.compute_node_type,
            _node.scheduler,
        )
        # The reference's clients may set a job to running that no node has claimed.
        .outerjoin(tables.compute_node, _node.id == _job.compute_node_id)
        .where(*runs)
        # Ordered by id alone, SQLite would read all jobs of the workflow in that order.
        .order_by(_job.started_at, _job.id)
    )
    return page_of(conn, query, select(func.count()).where(*runs), _running, paging)


def _running(row: Record) -> RunningJob:
    return RunningJob(
        job_id=row.id,
        job_name=row.name,
        compute_node_name=row.hostname or _NOWHERE,
        scheduler_type=row.compute_node_type or _NOWHERE,
        scheduler_job_id=_slurm_job_id(row.scheduler),
        start_time=moment(row.started_at),
    )


def _slurm_job_id(scheduler: object) -> str | None:
    """Return the id that a runner in an allocation reports; any client may write anything there."""
    found = scheduler.get("slurm_job_id") if isinstance(scheduler, dict) else None
    return str(found) if isinstance(found, int | str) else None
