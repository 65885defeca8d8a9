"""Cancel, terminate and retry single jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

import msgspec

from torc_core.client import Feature, TorcClient, every_item
from torc_core.clock import utc_now
from torc_core.errors import ConflictError
from torc_core.model.completion import JobCompletion
from torc_core.model.ids import ComputeNodeId, JobId, WorkflowId, id_of
from torc_core.model.job import Job, JobsChange, JobsChangeRequest
from torc_core.model.result import Result
from torc_core.model.status import ACTIVE, RETRIABLE, TRANSITIONS, JobStatus
from torc_core.operations.facts import first_lines
from torc_core.operations.jobs.names import line_of, name_jobs
from torc_core.operations.reporter import PlainNotice, Proposal, Question, Reporter
from torc_core.units import counted

MANY = 100
"""More jobs than these were not chosen one by one."""
_TOGETHER = 1_000
"""Jobs per request: the server does nothing else meanwhile, a third of a second."""
_SIGTERM = -15
"""The return code of a job that was sent SIGTERM."""


class _Request(Protocol):
    def __call__(self, client: TorcClient, job: Job, run_id: int) -> object: ...


class _RequestForMany(Protocol):
    def __call__(
        self, client: TorcClient, workflow_id: WorkflowId, jobs: Sequence[Job], run_id: int
    ) -> Collection[JobId]: ...


class JobChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of single jobs that a user may ask for."""

    verb: str
    participle: str
    apply: _Request
    """Sends it."""
    possible: frozenset[JobStatus]
    """Statuses of a job in which it is possible."""
    apply_together: _RequestForMany
    """Sends it for many jobs in one request, to a server that knows that; returns which changed."""

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
        again = f"torc workflows reset-status {job.workflow_id} --failed-only --reinitialize"
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
    """Propose to cancel, terminate or retry jobs.

    Few jobs are named one by one, so each must be in a status for it. Of many, such as all of a
    filter, those that are in no status for it are left out. Those that have moved on meanwhile are
    left out, too, but for few jobs of a server that changes one per request: its refusal ends it.

    Raises:
        NotFoundError: One of them does not exist.
        ConflictError: One of them, or all of many, are in no status for it.
        UnsupportedError: A job runs, and the server cannot have it stopped.
    """
    asked = read_jobs(client, list(dict.fromkeys(job_ids)))
    if change is not RETRY and (active := next((j for j in asked if j.status in ACTIVE), None)):
        client.require(Feature.STOPPED_JOBS, ID=active.workflow_id)
    is_many = len(asked) > MANY
    jobs = tuple(job for job in asked if job.status in change.possible) if is_many else asked
    change.decide(jobs or asked)

    def perform(reporter: Reporter, **_force: bool) -> JobsChanged:
        found = {
            workflow_id: client.get_workflow_status(workflow_id)
            for workflow_id in dict.fromkeys(job.workflow_id for job in jobs)
        }
        runs = {workflow_id: status.run_id for workflow_id, status in found.items()}
        if len(jobs) > 1 and client.offers(Feature.CHANGE_JOBS):
            changed = _together(client, change, jobs, runs)
        else:
            changed = _one_by_one(client, change, jobs, runs, is_many=is_many)
        done: list[Job] = []
        for at, some in changed:
            done += some
            if is_many and at < len(jobs):
                said = f"{change.participle.capitalize()} {at:,} of {counted(len(jobs), 'job')} …"
                reporter.progress(PlainNotice(said), at / len(jobs))
        if len(done) < len(jobs):
            late = counted(len(jobs) - len(done), "job")
            reporter.warn(PlainNotice(f"Meanwhile {late} had moved on."))
        idle = [key for key, status in found.items() if status.active_compute_nodes == 0]
        return JobsChanged(
            change=change, jobs=tuple(done), without_runner=tuple(idle) if change is RETRY else ()
        )

    lines = [*first_lines(map(line_of, jobs))]
    if left := len(asked) - len(jobs):
        lines.insert(0, f"Left out: {counted(left, 'job')} that cannot be {change.participle} now.")
    return Proposal(
        question=Question(
            sentence=f"{change.verb} {name_jobs(jobs)}?",
            lines=tuple(lines),
            is_danger=change is not RETRY,
            is_optional=True,
        ),
        perform=perform,
    )


def _one_by_one(
    client: TorcClient,
    change: JobChange,
    jobs: Sequence[Job],
    runs: Mapping[WorkflowId, int],
    *,
    is_many: bool,
) -> Iterator[tuple[int, list[Job]]]:
    """Change jobs; yield how many were asked for, and those of them that were changed.

    Raises:
        ConflictError: One of few is in no status for it.
    """
    for first in range(0, len(jobs), MANY):
        done = []
        for job in jobs[first : first + MANY]:
            try:
                change.apply(client, job, runs[job.workflow_id])
            except ConflictError:
                if not is_many:
                    raise
            else:
                done.append(job)
        yield min(first + MANY, len(jobs)), done


def _together(
    client: TorcClient, change: JobChange, jobs: Sequence[Job], runs: Mapping[WorkflowId, int]
) -> Iterator[tuple[int, list[Job]]]:
    """Yield the same, of many jobs in each request."""
    at = 0
    for workflow_id, run_id in runs.items():
        own = [job for job in jobs if job.workflow_id == workflow_id]
        for first in range(0, len(own), _TOGETHER):
            some = own[first : first + _TOGETHER]
            changed = set(change.apply_together(client, workflow_id, some, run_id))
            at += len(some)
            yield at, [job for job in some if job.id in changed]


def read_jobs(client: TorcClient, job_ids: Sequence[JobId]) -> tuple[Job, ...]:
    """Return jobs by id, in the order given; many are read page by page.

    Raises:
        NotFoundError: One of them does not exist.
    """
    if len(job_ids) <= MANY:
        return tuple(client.get_job(job_id) for job_id in job_ids)
    workflow_id = client.get_job(job_ids[0]).workflow_id
    wanted = set(job_ids)
    found = {job.id: job for job in every_item(client.list_jobs, workflow_id) if job.id in wanted}
    return tuple(found.get(job_id) or client.get_job(job_id) for job_id in job_ids)


def cancel_job(client: TorcClient, job: Job, run_id: int) -> None:
    """Cancel a job that is not complete; its runner stops it."""
    client.manage_status_change(id_of(job), JobStatus.CANCELED, run_id)


def terminate_job(client: TorcClient, job: Job, run_id: int) -> None:
    """Complete an active job as terminated; its runner stops it.

    Raises:
        ConflictError: No compute node runs it.
    """
    result = _terminated(job, run_id, _node_of(client, job))
    client.complete_job(id_of(job), JobStatus.TERMINATED, run_id, result)


def terminate_jobs(
    client: TorcClient, workflow_id: WorkflowId, jobs: Sequence[Job], run_id: int
) -> Collection[JobId]:
    """Complete active jobs as terminated; their runners stop them."""
    completions = [
        JobCompletion(
            job_id=id_of(job),
            run_id=run_id,
            status=JobStatus.TERMINATED,
            result=_terminated(job, run_id, job.compute_node_id),
        )
        for job in jobs
        if job.compute_node_id is not None
    ]
    return client.complete_jobs(workflow_id, completions).completed


def _terminated(job: Job, run_id: int, node_id: ComputeNodeId) -> Result:
    return Result(
        job_id=id_of(job),
        workflow_id=job.workflow_id,
        run_id=run_id,
        attempt_id=job.attempt_id,
        compute_node_id=node_id,
        return_code=_SIGTERM,
        exec_time_minutes=0.0,
        completion_time=utc_now(),
        status=JobStatus.TERMINATED,
    )


def retry_job(client: TorcClient, job: Job, run_id: int) -> None:
    """Give a job one more attempt, however many it had: the user decides."""
    client.retry_job(id_of(job), run_id, max_retries=job.attempt_id + 1)


def _change_together(
    client: TorcClient,
    workflow_id: WorkflowId,
    jobs: Sequence[Job],
    run_id: int,
    *,
    change: JobsChange,
) -> Collection[JobId]:
    request = JobsChangeRequest(change=change, run_id=run_id, job_ids=[id_of(job) for job in jobs])
    return client.change_jobs(workflow_id, request).job_ids


CANCEL = JobChange(
    verb="Cancel",
    participle="canceled",
    apply=cancel_job,
    apply_together=partial(_change_together, change=JobsChange.CANCEL),
    possible=frozenset(each for each in JobStatus if JobStatus.CANCELED in TRANSITIONS[each]),
)
TERMINATE = JobChange(
    verb="Terminate",
    participle="terminated",
    apply=terminate_job,
    apply_together=terminate_jobs,
    possible=ACTIVE,
)
RETRY = JobChange(
    verb="Retry",
    participle="retried",
    apply=retry_job,
    apply_together=partial(_change_together, change=JobsChange.RETRY),
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
