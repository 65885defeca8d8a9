"""Which Slurm jobs ran the jobs of a workflow."""

from __future__ import annotations

from sqlalchemy import Connection, Text, and_, cast, func, select

from torc_core.model.compute import SchedulerType
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_core.model.records.slurm import SlurmJobCorrelation
from torc_server.records.pages import Paging, page_of
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Record

_job, _node, _result = tables.job.c, tables.compute_node.c, tables.result.c
_allocation = tables.scheduled_compute_node.c

# A runner in an allocation reports the Slurm job; other clients may only refer to its record.
_SLURM_JOB_ID = func.coalesce(
    _node.scheduler["slurm_job_id"].as_string(), cast(_allocation.scheduler_id, Text())
)
_ALLOCATION_OF_NODE = and_(
    # As text: clients may have written anything, which PostgreSQL makes no number.
    cast(_allocation.id, Text()) == cast(_node.scheduler["scheduler_id"].as_string(), Text()),
    _allocation.workflow_id == _node.workflow_id,
    _allocation.scheduler_type == SchedulerType.SLURM,
)
_CORRELATIONS = (
    select(_result.job_id, _job.name.label("job_name"), _SLURM_JOB_ID.label("slurm_job_id"))
    .join(tables.job, _job.id == _result.job_id)
    .join(tables.compute_node, _node.id == _result.compute_node_id)
    .outerjoin(tables.scheduled_compute_node, _ALLOCATION_OF_NODE)
    .where(_SLURM_JOB_ID.is_not(None))
    .distinct()
)


def slurm_job_correlations(
    conn: Connection, workflow_id: WorkflowId, paging: Paging
) -> Page[SlurmJobCorrelation]:
    """Return a page of pairs of a job with results and a Slurm job, each pair once, by both ids.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    found = _CORRELATIONS.where(_result.workflow_id == workflow_id)
    total = select(func.count()).select_from(found.subquery())
    return page_of(conn, found.order_by("job_id", "slurm_job_id"), total, _correlation, paging)


def _correlation(row: Record) -> SlurmJobCorrelation:
    return SlurmJobCorrelation(
        job_id=row.job_id, job_name=row.job_name, slurm_job_id=row.slurm_job_id
    )
