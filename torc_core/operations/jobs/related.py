"""Jobs, each with its resource requirements or with its failure handler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import NotFoundError
from torc_core.model.ids import FailureHandlerId, JobId, RequirementsId, WorkflowId, id_of
from torc_core.model.job import Job

_NEEDS = ("num_cpus", "num_gpus", "num_nodes", "memory", "runtime")


class JobRequirements(msgspec.Struct, frozen=True, kw_only=True):
    """A job and what it needs, named as the reference names it; null if that was deleted."""

    job_id: JobId
    job_name: str
    rr_id: RequirementsId | None
    rr_name: str | None = None
    workflow_id: WorkflowId
    num_cpus: int | None = None
    num_gpus: int | None = None
    num_nodes: int | None = None
    memory: str | None = None
    runtime: str | None = None


class JobFailureHandler(msgspec.Struct, frozen=True, kw_only=True):
    """A job and the rules for its failures."""

    job_id: JobId
    job_name: str
    failure_handler_id: FailureHandlerId
    failure_handler_name: str
    rules: Any
    """A list of rules, or the text that was stored if it is not JSON."""


def jobs_with_requirements(
    client: TorcClient, workflow_id: WorkflowId, job_id: JobId | None = None
) -> Iterator[JobRequirements]:
    """Yield the jobs of a workflow, or one of them, with their resource requirements.

    Raises:
        NotFoundError: There is no such workflow, or no such job in it.
    """
    listed = every_item(client.list_resource_requirements, workflow_id)
    known = {each.id: each for each in listed}
    for job in _jobs(client, workflow_id, job_id):
        found = known.get(job.resource_requirements_id)
        needs: dict[str, Any] = {}
        if found is not None:
            needs = {name: getattr(found, name) for name in _NEEDS} | {"rr_name": found.name}
        yield JobRequirements(
            job_id=id_of(job),
            job_name=job.name,
            rr_id=job.resource_requirements_id,
            workflow_id=workflow_id,
            **needs,
        )


def jobs_with_failure_handlers(
    client: TorcClient, workflow_id: WorkflowId, job_id: JobId | None = None
) -> Iterator[JobFailureHandler]:
    """Yield the jobs of a workflow that have a failure handler, or one of them if it has one.

    Raises:
        NotFoundError: There is no such workflow, or no such job in it.
    """
    listed = every_item(client.list_failure_handlers, workflow_id)
    known = {each.id: (each, _rules(each.rules)) for each in listed}
    for job in _jobs(client, workflow_id, job_id):
        handler_id = job.failure_handler_id
        if handler_id is None or handler_id not in known:
            continue
        handler, rules = known[handler_id]
        yield JobFailureHandler(
            job_id=id_of(job),
            job_name=job.name,
            failure_handler_id=handler_id,
            failure_handler_name=handler.name,
            rules=rules,
        )


def _jobs(client: TorcClient, workflow_id: WorkflowId, job_id: JobId | None) -> Iterator[Job]:
    if job_id is None:
        yield from every_item(client.list_jobs, workflow_id)
        return
    job = client.get_job(job_id)
    if job.workflow_id != workflow_id:
        raise NotFoundError(
            f"Workflow {workflow_id} has no job {job_id}.",
            hint=f"It belongs to workflow {job.workflow_id}.",
        )
    yield job


def _rules(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return text
