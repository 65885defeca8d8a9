"""Cancel, terminate and retry single jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.clock import utc_now
from torc_core.errors import ConflictError
from torc_core.model.ids import ComputeNodeId, JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import ACTIVE, RETRIABLE, TRANSITIONS, JobStatus
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import first_lines
from torc_core.operations.jobs.names import line_of, name_jobs
from torc_core.operations.reporter import Proposal, Question, Reporter

_SIGTERM = -15
"""The return code of a job that was sent SIGTERM."""


class _Request(Protocol):
    def __call__(self, client: TorcClient, job: Job, run_id: int) -> object: ...


class JobChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of single jobs that a user may ask for."""

    verb: str
    participle: str
    apply: _Request
    """Sends it."""
    possible: frozenset[JobStatus]
    """Statuses of a job in which it is possible."""

    def decide(self, jobs: Collection[Job]) -> None:
        """Refuse if one of the jobs is in no status for it.

        Raises:
            ConflictError: It is not possible for one of them.
        """
        for job in jobs:
            if job.status not in self.possible:
                raise ConflictError(
                    f"Job {job.id} ({job.name}) is {self._refusal(job.status)}.",
                    hint=self._hint(job),
                )

    def _hint(self, job: Job) -> str:
        if self is not RETRY or job.status != JobStatus.CANCELED:
            return ""
        again = f"torc workflows reset-status {job.workflow_id} --failed-only -r"
        return f"To run what was canceled or failed: {again}"

    def _refusal(self, status: str | None) -> str:
        """Return why this is not possible, and what is."""
        if status == self.participle:
            return f"already {status}"
        able = [each.participle for each in CHANGES if status in each.possible]
        can = f"can be {' or '.join(able)}, not" if able else "cannot be"
        return f"{status}: it {can} {self.participle}"


class JobsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs were canceled, terminated or retried."""

    change: JobChange
    jobs: tuple[Job, ...]
    without_runner: tuple[WorkflowId, ...] = ()
    """Workflows in which no runner is there to execute what was retried."""

    @property
    def sentence(self) -> str:
        """What was done, and what is left to do."""
        done = f"{self.change.participle.capitalize()} {name_jobs(self.jobs)}."
        runs = (f"torc run {workflow_id}" for workflow_id in self.without_runner)
        return f"{done} No runner is active: {', '.join(runs)}" if self.without_runner else done


def propose_change(
    client: TorcClient, change: JobChange, job_ids: Sequence[JobId]
) -> Proposal[JobsChanged]:
    """Propose to cancel, terminate or retry jobs; it stops at the first that the server refuses.

    Raises:
        NotFoundError: One of them does not exist.
        ConflictError: One of them is in no status for it.
    """
    jobs = tuple(client.get_job(job_id) for job_id in dict.fromkeys(job_ids))
    change.decide(jobs)

    def perform(_reporter: Reporter, *, force: bool) -> JobsChanged:  # noqa: ARG001 - nothing to force
        found: dict[WorkflowId, WorkflowStatus] = {}
        for job in jobs:
            if job.workflow_id not in found:
                found[job.workflow_id] = client.get_workflow_status(job.workflow_id)
            change.apply(client, job, found[job.workflow_id].run_id)
        idle = [key for key, status in found.items() if status.active_compute_nodes == 0]
        return JobsChanged(
            change=change, jobs=jobs, without_runner=tuple(idle) if change is RETRY else ()
        )

    lines = tuple(first_lines(map(line_of, jobs)))
    return Proposal(
        question=Question(
            sentence=f"{change.verb} {name_jobs(jobs)}?",
            lines=lines,
            is_danger=change is not RETRY,
            is_optional=True,
        ),
        perform=perform,
    )


def cancel_job(client: TorcClient, job: Job, run_id: int) -> None:
    """Cancel a job that is not complete; its runner stops it."""
    client.manage_status_change(id_of(job), JobStatus.CANCELED, run_id)


def terminate_job(client: TorcClient, job: Job, run_id: int) -> None:
    """Complete an active job as terminated; its runner stops it.

    Raises:
        ConflictError: No compute node runs it.
    """
    result = Result(
        job_id=id_of(job),
        workflow_id=job.workflow_id,
        run_id=run_id,
        attempt_id=job.attempt_id,
        compute_node_id=_node_of(client, job),
        return_code=_SIGTERM,
        exec_time_minutes=0.0,
        completion_time=utc_now(),
        status=JobStatus.TERMINATED,
    )
    client.complete_job(id_of(job), JobStatus.TERMINATED, run_id, result)


def retry_job(client: TorcClient, job: Job, run_id: int) -> None:
    """Give a job one more attempt, however many it had: the user decides."""
    client.retry_job(id_of(job), run_id, max_retries=job.attempt_id + 1)


CANCEL = JobChange(
    verb="Cancel",
    participle="canceled",
    apply=cancel_job,
    possible=frozenset(each for each in JobStatus if JobStatus.CANCELED in TRANSITIONS[each]),
)
TERMINATE = JobChange(
    verb="Terminate", participle="terminated", apply=terminate_job, possible=ACTIVE
)
RETRY = JobChange(
    verb="Retry",
    participle="retried",
    apply=retry_job,
    possible=RETRIABLE - {JobStatus.RUNNING},
)
CHANGES = (CANCEL, TERMINATE, RETRY)


def _node_of(client: TorcClient, job: Job) -> ComputeNodeId:
    """Return the id of the compute node on which a job runs.

    Raises:
        ConflictError: It runs on none.
    """
    if job.compute_node_id is not None:  # the reference's server does not say it
        return job.compute_node_id
    for node in every_item(client.list_compute_nodes, job.workflow_id, is_active=True):
        there = every_item(client.list_jobs, job.workflow_id, active_compute_node_id=node.id)
        if node.id is not None and any(each.id == job.id for each in there):
            return node.id
    raise ConflictError(
        f"Job {job.id} ({job.name}) is on no compute node, so it cannot be terminated.",
        hint="A job that waits can be canceled.",
    )
