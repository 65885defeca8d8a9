"""What can be done to a single job, as requests to the server."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from torc_core.client import TorcClient, every_item
from torc_core.clock import utc_now
from torc_core.errors import ConflictError
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import ACTIVE, RETRIABLE, TRANSITIONS, JobStatus

_STOPPED = -15
"""The return code of a job that was sent SIGTERM."""


def cancel_job(client: TorcClient, job: Job, run_id: int) -> None:
    """Cancel a job that has not ended; its runner stops it.

    Raises:
        TorcError: The server's refusal, or its absence.
    """
    client.manage_status_change(_id(job), JobStatus.CANCELED, run_id)


def terminate_job(client: TorcClient, job: Job, run_id: int) -> None:
    """End a running job as terminated; its runner stops it.

    Raises:
        ConflictError: It does not run.
        TorcError: The server's refusal, or its absence.
    """
    result = Result(
        job_id=_id(job),
        workflow_id=job.workflow_id,
        run_id=run_id,
        attempt_id=job.attempt_id,
        compute_node_id=_node_of(client, job),
        return_code=_STOPPED,
        exec_time_minutes=0.0,
        completion_time=utc_now(),
        status=JobStatus.TERMINATED,
    )
    client.complete_job(_id(job), JobStatus.TERMINATED, run_id, result)


def retry_job(client: TorcClient, job: Job, run_id: int) -> None:
    """Give a job another attempt, however many it had: a person decides.

    Raises:
        TorcError: The server's refusal, or its absence.
    """
    client.retry_job(_id(job), run_id, max_retries=job.attempt_id + 1)


@dataclass(frozen=True, slots=True)
class JobChange:
    """A change that a person may ask for."""

    verb: str
    participle: str
    apply: Callable[[TorcClient, Job, int], None]
    """Asks the server for it; takes the run number."""
    possible: Collection[JobStatus]
    """Statuses of a job to which it can be done."""

    def check(self, jobs: Collection[Job]) -> None:
        """Take note of what each job is before anybody is asked.

        Raises:
            ConflictError: It cannot be done to one of them.
        """
        for job in jobs:
            if job.status not in self.possible:
                raise ConflictError(f"Job {job.id} ({job.name}) is {self._refusal(job.status)}.")

    def _refusal(self, status: str | None) -> str:
        """Return what a job is to which this cannot be done, and what can be done to it."""
        if status == self.participle:
            return f"{status} already"
        able = [each.participle for each in CHANGES if status in each.possible]
        can = f"can be {' or '.join(able)}, not" if able else "cannot be"
        return f"{status}: it {can} {self.participle}"


CANCEL = JobChange(
    "Cancel",
    "canceled",
    cancel_job,
    frozenset(each for each in JobStatus if JobStatus.CANCELED in TRANSITIONS[each]),
)
TERMINATE = JobChange("Terminate", "terminated", terminate_job, ACTIVE)
RETRY = JobChange(
    "Retry",
    "retried",
    retry_job,
    RETRIABLE - {JobStatus.RUNNING},
)
CHANGES = (CANCEL, TERMINATE, RETRY)


def _node_of(client: TorcClient, job: Job) -> int:
    """Return the compute node on which a job runs."""
    for node in every_item(client.list_compute_nodes, job.workflow_id, is_active=True):
        there = every_item(client.list_jobs, job.workflow_id, active_compute_node_id=node.id)
        if node.id is not None and any(each.id == job.id for each in there):
            return node.id
    raise ConflictError(
        f"Job {job.id} ({job.name}) does not run, so it cannot be terminated.",
        hint="c cancels a job that waits.",
    )


def _id(job: Job) -> int:
    assert job.id is not None, "a job from the server has an id"
    return job.id
