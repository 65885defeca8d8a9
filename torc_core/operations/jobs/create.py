"""Create jobs from a file of commands: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import UsageError
from torc_core.model.ids import RequirementsId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.definition.batches import batches
from torc_core.operations.definition.create import created_jobs
from torc_core.operations.definition.rollback import undone_on_failure
from torc_core.operations.reporter import SILENT, Reporter
from torc_core.units import counted

_NAMED = re.compile(r"job([1-9][0-9]{0,17})")


class JobsFromCommands(msgspec.Struct, frozen=True, kw_only=True):
    """A job was created for each command."""

    workflow_id: WorkflowId
    jobs_created: int
    first_name: str
    last_name: str

    @property
    def sentence(self) -> str:
        """What was done."""
        names = dict.fromkeys((self.first_name, self.last_name))
        return (
            f"Created {counted(self.jobs_created, 'job')} in workflow {self.workflow_id}: "
            f"{' to '.join(names)}."
        )


def read_commands(text: str) -> list[str]:
    """Return the commands of a text: one per line; empty lines and comments (`#`) are left out."""
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def first_number(count: int, new: int, names: Iterable[str]) -> int:
    """Return the number of the first of `new` jobs that are named `job1`, `job2` and so on.

    It is one more than there are jobs, unless one of the names is in use.

    Args:
        count: How many jobs the workflow has.
        new: How many there will be more.
        names: Names of its jobs.
    """
    taken = {int(match[1]) for name in names if (match := _NAMED.fullmatch(name))}
    first = count + 1
    return first if taken.isdisjoint(range(first, first + new)) else max(taken) + 1


def create_jobs_from_commands(
    client: TorcClient,
    requirements: ResourceRequirements,
    commands: Sequence[str],
    reporter: Reporter = SILENT,
) -> JobsFromCommands:
    """Create a job for each command; there is no question.

    Args:
        client: The server.
        requirements: What each of them needs, in which workflow; they are created under a name
            that follows from those of the jobs.
        commands: The commands.
        reporter: Where progress goes, after each batch of jobs.

    Raises:
        UsageError: There is no command.
        TorcError: The server refused something; what existed by then is deleted again, as for any
            other exception.
    """
    if not commands:
        raise UsageError(
            "The file has no command, so no job was created.",
            hint="Write one command per line; lines that begin with # are comments.",
        )
    workflow_id = requirements.workflow_id
    first = _first_number(client, workflow_id, len(commands))
    names = [f"job{number}" for number in range(first, first + len(commands))]
    stored = client.create_resource_requirements(
        msgspec.structs.replace(requirements, name="-".join(dict.fromkeys((names[0], names[-1]))))
    )
    jobs = [
        Job(
            workflow_id=workflow_id,
            name=name,
            command=command,
            resource_requirements_id=id_of(stored),
        )
        for name, command in zip(names, commands, strict=True)
    ]
    with undone_on_failure(
        partial(_remove, client, workflow_id, id_of(stored)),
        f"Some of the jobs may be left: torc jobs list {workflow_id}",
    ):
        created = 0
        for batch in batches(jobs):
            created += len(client.create_jobs(batch))
            reporter.progress(created_jobs(created, len(jobs)), created / len(jobs))
    return JobsFromCommands(
        workflow_id=workflow_id,
        jobs_created=len(jobs),
        first_name=names[0],
        last_name=names[-1],
    )


def _first_number(client: TorcClient, workflow_id: WorkflowId, new: int) -> int:
    count = client.list_jobs(workflow_id, limit=1).total_count
    jobs = every_item(client.list_jobs, workflow_id, name="job") if count else ()
    return first_number(count, new, (job.name for job in jobs))


def _remove(client: TorcClient, workflow_id: WorkflowId, requirements_id: RequirementsId) -> None:
    """Delete the new jobs with these requirements, then the requirements.

    A request without a reply may have been carried out, so the server is asked which there are.
    """
    created = [
        id_of(job)
        for job in every_item(client.list_jobs, workflow_id)
        if job.resource_requirements_id == requirements_id
    ]
    for job_id in created:
        client.delete_job(job_id)
    client.delete_resource_requirements(requirements_id)
