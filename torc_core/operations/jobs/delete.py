"""Delete jobs: single ones, or all of a workflow."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.status import ACTIVE
from torc_core.model.workflow import Message
from torc_core.operations.facts import count_lines, find_active, first_lines, title_of
from torc_core.operations.jobs.names import line_of, name_jobs
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.units import counted

_CONSEQUENCE = "Their results will be deleted. Files stay."


class JobsDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs were deleted."""

    jobs: tuple[Job, ...]

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"Deleted {name_jobs(self.jobs)}."


class AllJobsDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """All jobs of a workflow were deleted."""

    title: str
    message: Message

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"Deleted {counted(self.message.count or 0, 'job')} of {self.title}."


def propose_delete_jobs(client: TorcClient, job_ids: Sequence[JobId]) -> Proposal[JobsDeleted]:
    """Propose to delete jobs; jobs downstream lose their dependency on them.

    They are deleted one by one: should a runner claim one meanwhile, those before it are gone.

    Raises:
        NotFoundError: Some do not exist, named by the detail `missing_ids`; none is deleted.
        ConflictError: A runner holds one of them; none is deleted.
    """
    jobs = _find(client, list(dict.fromkeys(job_ids)))
    for job in jobs:
        if job.status in ACTIVE:
            raise ConflictError(
                f"Job {job.id} ({job.name}) is {job.status}, so it cannot be deleted.",
                hint=f"Cancel it first: torc jobs cancel {job.id}",
            )

    def perform(_reporter: Reporter, **_force: bool) -> JobsDeleted:
        return JobsDeleted(jobs=tuple(client.delete_job(id_of(job)) for job in jobs))

    return Proposal(
        question=Question(
            sentence=f"Delete {name_jobs(jobs)}?",
            lines=(*first_lines(map(line_of, jobs)), _CONSEQUENCE),
            is_danger=True,
            is_optional=True,
        ),
        perform=perform,
    )


def propose_delete_all_jobs(
    client: TorcClient, workflow_id: WorkflowId
) -> Proposal[AllJobsDeleted]:
    """Propose to delete all jobs of a workflow.

    Raises:
        NotFoundError: There is no such workflow.
    """
    title = title_of(client.get_workflow(workflow_id))
    status = client.get_workflow_status(workflow_id)

    def perform(_reporter: Reporter, **_force: bool) -> AllJobsDeleted:
        return AllJobsDeleted(title=title, message=client.delete_jobs(workflow_id))

    return Proposal(
        question=Question(
            sentence=f"Delete all jobs of {title}?",
            lines=(*count_lines(status.jobs_by_status), _CONSEQUENCE),
            is_danger=True,
        ),
        objection=find_active(workflow_id, status),
        perform=perform,
    )


def _find(client: TorcClient, job_ids: Sequence[JobId]) -> list[Job]:
    found: list[Job] = []
    missing: list[JobId] = []
    for job_id in job_ids:
        try:
            found.append(client.get_job(job_id))
        except NotFoundError:
            missing.append(job_id)
    if missing:
        listed = ", ".join(map(str, missing))
        are = "is no job" if len(missing) == 1 else "are no jobs"
        raise NotFoundError(
            f"There {are} {listed}; nothing was deleted.",
            hint="To list the jobs of a workflow: torc jobs list WORKFLOW",
            missing_ids=missing,
        )
    return found
