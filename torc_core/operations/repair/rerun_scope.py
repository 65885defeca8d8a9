"""What a rerun runs, what it leaves, and where: the decision, and its words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from torc_core import graph
from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.status import ACTIVE, RESET_FAILED, JobStatus
from torc_core.operations.job_graph import JobGraph
from torc_core.operations.lifecycle.reruns import Rerun
from torc_core.spec.plan import shorten_names
from torc_core.units import counted

NAMED = 5
"""So many names, or patterns of names, are given of each kind of job."""
_FOLDED = 1_000
"""Of so many jobs at most names are folded into patterns."""
_LEFT = RESET_FAILED.jobs | {JobStatus.UNINITIALIZED}
"""What failed, what was canceled, and what was reset since and has not run."""
_KINDS: tuple[tuple[str, frozenset[JobStatus]], ...] = (
    ("failed", RESET_FAILED.jobs - {JobStatus.CANCELED}),
    ("canceled", frozenset({JobStatus.CANCELED})),
    ("reset", frozenset({JobStatus.UNINITIALIZED})),
)


class Place(StrEnum):
    """Where jobs run that were made ready."""

    HERE = "here"
    """On this machine, in a run that is started for them."""
    ACTIVE = "active"
    """Where a runner is active already."""
    SLURM = "slurm"
    """In allocations that have to be requested."""

    def then(self, workflow_id: WorkflowId) -> str:
        """Return how it goes on, in a sentence."""
        return _THEN[self].format(workflow_id)


_THEN = {
    Place.HERE: "Then it runs on this machine, and keeps running after you quit.",
    Place.ACTIVE: "A runner is active already, and takes them.",
    Place.SLURM: "It runs in Slurm: to request nodes, torc slurm regenerate {} --submit",
}


class RerunScope(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs run again."""

    chosen: tuple[Job, ...]
    """What is rerun for itself."""
    downstream: tuple[Job, ...]
    """What is rerun because it depends on those."""
    changed: tuple[str, ...] = ()
    """Names of other jobs that run: something of them has changed, or they have not run yet."""
    num_kept: int = 0
    """How many completed jobs stay as they are."""

    @property
    def reset_ids(self) -> list[JobId]:
        """The jobs to reset; what is downstream of them follows."""
        return [id_of(job) for job in self.chosen]

    def question(self, title: str) -> str:
        """Return the question."""
        number = counted(len(self.chosen) + len(self.downstream) + len(self.changed), "job")
        return f"Rerun {number} of {title}?"

    def lines(self) -> Iterator[str]:
        """Yield what runs again, and what is kept."""
        for word, statuses in _KINDS:
            found = [job.name for job in self.chosen if job.status in statuses]
            if found:
                yield f"{counted(len(found), f'{word} job')}: {_named(found)}"
        if self.downstream:
            names = [job.name for job in self.downstream]
            yield f"{counted(len(names), 'job')} downstream of them: {_named(names)}"
        if self.changed:
            others = counted(len(self.changed), "other job")
            yield f"{others}, changed or not run yet: {_named(self.changed)}"
        verb = "is" if self.num_kept == 1 else "are"
        yield f"{counted(self.num_kept, 'completed job')} {verb} kept."


def decide_scope(
    workflow_id: WorkflowId,
    jobs_and_dependencies: JobGraph,
    job_ids: Collection[JobId] = (),
    changed: Iterable[Rerun] = (),
) -> RerunScope:
    """Return which jobs a rerun runs.

    Args:
        workflow_id: The workflow, to be named.
        jobs_and_dependencies: Its jobs.
        job_ids: Only these and what is downstream of them; all that failed by default.
        changed: What a reinitialize would run.

    Raises:
        NotFoundError: One of `job_ids` is not a job of the workflow.
        ConflictError: Nothing failed, or one of `job_ids` is active.
    """
    jobs, dependencies = jobs_and_dependencies
    wanted = set(job_ids)
    chosen = {
        at
        for at, job in enumerate(jobs)
        if (id_of(job) in wanted if wanted else job.status in _LEFT)
    }
    _refuse(workflow_id, jobs, chosen, wanted)
    follow = {
        at
        for at in graph.downstream(dependencies, chosen)
        if jobs[at].status is not JobStatus.DISABLED
    }
    again = chosen | follow
    ids = {id_of(jobs[at]) for at in again}
    others = tuple(each for each in changed if each.job_id not in ids)
    left_out = ids | {each.job_id for each in others}
    return RerunScope(
        chosen=tuple(jobs[at] for at in sorted(chosen)),
        downstream=tuple(jobs[at] for at in sorted(follow)),
        changed=tuple(each.name for each in others),
        num_kept=sum(
            job.status is JobStatus.COMPLETED and id_of(job) not in left_out for job in jobs
        ),
    )


def _refuse(
    workflow_id: WorkflowId, jobs: Sequence[Job], chosen: Collection[int], wanted: set[JobId]
) -> None:
    if missing := wanted - {id_of(jobs[at]) for at in chosen}:
        raise NotFoundError(
            f"Workflow {workflow_id} has no job {min(missing)}.",
            hint=f"To list its jobs: torc jobs list {workflow_id}",
        )
    if not chosen:
        raise ConflictError(
            f"Workflow {workflow_id} has no failed, canceled or terminated jobs.",
            hint=f"To run what has changed: torc workflows reinitialize {workflow_id}; "
            f"to run every job again: torc workflows initialize {workflow_id}",
        )
    active = next((jobs[at] for at in sorted(chosen) if jobs[at].status in ACTIVE), None)
    if active is not None:
        raise ConflictError(
            f"Job {active.id} ({active.name}) is {active.status}: it cannot be rerun.",
            hint="Wait until it has ended, or cancel it first.",
        )


def _named(names: Sequence[str]) -> str:
    folded = shorten_names(names[:_FOLDED])
    more = " …" if len(folded) > NAMED or len(names) > _FOLDED else ""
    return ", ".join(folded[:NAMED]) + more
