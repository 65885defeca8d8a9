"""The summed requirements of a workflow's ready jobs: how large an allocation could be."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from torc_core.model.ids import WorkflowId
from torc_core.model.resources import ReadyJobRequirements
from torc_core.model.status import JobStatus
from torc_core.units import MAX_INTEGER
from torc_server.rules.attempts.ready import read_requirements
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables

_job = tables.job.c
_needs = tables.resource_requirements.c
_READY = JobStatus.READY.number
_GIBIBYTE = 1024**3


def ready_job_requirements(
    connection: Connection, workflow_id: WorkflowId, scheduler_config_id: int | None = None
) -> ReadyJobRequirements:
    """Return what all ready jobs need, or only those that are bound to a scheduler.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(connection, workflow_id)
    ready = select(_job.resource_requirements_id, func.count().label("jobs")).where(
        _job.workflow_id == workflow_id, _job.status == _READY
    )
    if scheduler_config_id is not None:
        ready = ready.where(_job.scheduler_id == scheduler_config_id)
    group = ready.group_by(_job.resource_requirements_id).subquery()
    query = select(group.c.jobs, tables.resource_requirements).join(
        tables.resource_requirements, _needs.id == group.c.resource_requirements_id
    )
    groups = [(row.jobs, read_requirements(row)) for row in connection.execute(query)]
    return ReadyJobRequirements(
        num_jobs=sum(jobs for jobs, _ in groups),
        num_cpus=min(MAX_INTEGER, sum(jobs * needs.num_cpus for jobs, needs in groups)),
        num_gpus=min(MAX_INTEGER, sum(jobs * needs.num_gpus for jobs, needs in groups)),
        memory_gb=sum(jobs * needs.memory_bytes for jobs, needs in groups) / _GIBIBYTE,
        max_num_nodes=max((needs.num_nodes for _, needs in groups), default=0),
        max_runtime=f"PT{max((needs.runtime_s for _, needs in groups), default=0)}S",
    )
