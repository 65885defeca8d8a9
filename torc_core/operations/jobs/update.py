"""Change a job: its name and its command, and what it needs."""

from __future__ import annotations

from functools import partial

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, UsageError
from torc_core.model.ids import JobId, RequirementsId, id_of
from torc_core.model.job import Job, JobPatch
from torc_core.model.resources import ResourceRequirements, ResourceRequirementsPatch
from torc_core.model.status import JobStatus
from torc_core.operations.definition.rollback import undone_on_failure
from torc_core.units import parse_duration


class JobChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of a job; None keeps the value."""

    name: str | None = None
    command: str | None = None
    requirements_id: RequirementsId | None = None
    runtime: str | None = None
    """How long it may run, as an ISO 8601 duration; of the new requirements, if there are any."""


def update_job(client: TorcClient, job_id: JobId, changes: JobChanges) -> Job:
    """Change a job and return it; there is no question.

    Other jobs that share its requirements keep their runtime: the job gets requirements of its own.

    Raises:
        NotFoundError: There is no such job.
        UsageError: There is nothing to change, or a value cannot be.
        ConflictError: Name and command may be changed only before the job is initialized.
    """
    if changes == JobChanges():
        raise UsageError(
            "There is nothing to change.",
            hint="Give one of: --name, --command, --runtime, --resource-requirements-id.",
        )
    if changes.runtime is not None:
        parse_duration(changes.runtime)
    job = client.get_job(job_id)
    _refuse_late(job, changes)
    patch = JobPatch(
        name=changes.name,
        command=changes.command,
        resource_requirements_id=changes.requirements_id,
    )
    if changes.runtime is None:
        return client.update_job(job_id, patch)
    requirements_id = changes.requirements_id or job.resource_requirements_id
    if requirements_id is None:
        raise ConflictError(f"Job {job_id} ({job.name}) has no resource requirements.")
    present = client.get_resource_requirements(requirements_id)
    if present.name == _own_name(job_id):
        updated = client.update_job(job_id, patch)
        client.update_resource_requirements(
            requirements_id, ResourceRequirementsPatch(runtime=changes.runtime)
        )
        return updated
    own = client.create_resource_requirements(_own(present, job_id, changes.runtime))
    with undone_on_failure(
        partial(client.delete_resource_requirements, id_of(own)),
        f"New requirements may be left: torc resource-requirements list {job.workflow_id}",
    ):
        return client.update_job(
            job_id, msgspec.structs.replace(patch, resource_requirements_id=id_of(own))
        )


def _refuse_late(job: Job, changes: JobChanges) -> None:
    if job.status is JobStatus.UNINITIALIZED:
        return
    for field, value in (("name", changes.name), ("command", changes.command)):
        if value not in {None, getattr(job, field)}:
            raise ConflictError(
                f"Job {job.id} ({job.name}) is {job.status}: its {field} can only be changed "
                "before it is initialized.",
                hint=f"Reset the jobs first: torc workflows reset-status {job.workflow_id}",
            )


def _own_name(job_id: JobId) -> str:
    """Return the name of requirements that only this job has."""
    return f"of_job_{job_id}"


def _own(shared: ResourceRequirements, job_id: JobId, runtime: str) -> ResourceRequirements:
    return msgspec.structs.replace(shared, id=None, name=_own_name(job_id), runtime=runtime)
