"""Orphans: what is recorded as going on, while Slurm or the server knows that it is over.

There are three kinds: allocations that ended while their runners could not say so, with the jobs
that ran in them; allocations that never started and never will; and jobs that no runner holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.clock import SystemClock
from torc_core.errors import MachineError
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import AllocationView, Poller
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.hpc.slurm.settle import (
    Settled,
    find_settled,
    may_be_in,
    numbers_in,
    unfinished_allocations,
)
from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.ids import ComputeNodeId, JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.status import ACTIVE
from torc_core.operations.reporter import SILENT, PlainNotice, Reporter
from torc_core.operations.slurm.ends import end_words
from torc_core.units import counted

UNHELD = "No active compute nodes"
"""Why a job is an orphan that no runner holds."""


class LostAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that ended with its allocation."""

    job: Job
    node_id: ComputeNodeId
    slurm_job_id: int
    reason: str


class Orphans(msgspec.Struct, frozen=True, kw_only=True):
    """What is over in a workflow, though its records say otherwise."""

    workflow_id: WorkflowId
    run_id: int
    settled: Settled = Settled()
    lost: tuple[LostAttempt, ...] = ()
    unheld: tuple[Job, ...] = ()
    """Jobs that no runner holds."""
    not_judged: MachineError | None = None
    """Why nothing is known of the allocations."""
    elsewhere: PlainNotice | None = None
    """Allocations of other clusters, which were not judged."""

    @property
    def job_ids(self) -> tuple[JobId, ...]:
        """The jobs of all attempts that are over."""
        return tuple(id_of(job) for job in (*(each.job for each in self.lost), *self.unheld))


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What Slurm says of a workflow's allocations."""

    cluster: str | None = None
    views: Mapping[int, AllocationView] = {}


def find_orphans(
    client: TorcClient,
    slurm: Slurm,
    workflow_id: WorkflowId,
    reporter: Reporter = SILENT,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Orphans:
    """Return what is over in a workflow; nothing is changed.

    It waits until Slurm knows how each allocation ended that has left its queue, which takes a
    minute at most.

    Args:
        client: The server.
        slurm: The programs of this machine's cluster; they are asked if there are allocations.
        workflow_id: The workflow.
        reporter: Reports the waiting.
        pause: Waits so many seconds.

    Raises:
        NotFoundError: There is no such workflow.
        UnreachableError: Slurm does not answer.
    """
    run_id = client.get_workflow_status(workflow_id).run_id
    # Jobs first: whatever claims one of them later is registered by then.
    jobs = [
        job
        for status in sorted(ACTIVE)
        for job in every_item(client.list_jobs, workflow_id, status=status)
    ]
    nodes = list(every_item(client.list_compute_nodes, workflow_id, is_active=True))
    records = unfinished_allocations(client, workflow_id)
    answer, not_judged = _Answer(), None
    if records or any(node.slurm_job_id for node in nodes):
        try:
            answer = _ask(slurm, records, nodes, reporter, pause)
        except MachineError as error:
            not_judged = MachineError(
                f"The allocations of workflow {workflow_id} were not judged: {error.message}",
                hint=error.hint,
            )
    settled = find_settled(client, answer.views, workflow_id, cluster=answer.cluster)
    lost = tuple(_find_lost(client, settled, answer.views))
    over = {id_of(node) for node in settled.nodes}
    active = {id_of(node) for node in nodes} - over
    known = {id_of(each.job) for each in lost}
    return Orphans(
        workflow_id=workflow_id,
        run_id=run_id,
        settled=settled,
        lost=lost,
        unheld=tuple(decide_unheld(jobs, active, known)),
        not_judged=not_judged,
        elsewhere=decide_elsewhere(records, answer.cluster),
    )


def decide_elsewhere(
    records: Iterable[ScheduledComputeNode], cluster: str | None
) -> PlainNotice | None:
    """Return which allocations are not in a cluster, if there are any. Pure.

    Args:
        records: Those that are not over.
        cluster: The one of this machine; None if it was not asked.
    """
    if cluster is None:
        return None
    others = [each.slurm_cluster for each in records if not may_be_in(cluster, each.slurm_cluster)]
    named = sorted(set(filter(None, others)))
    if not others:
        return None
    return PlainNotice(
        f"{counted(len(others), 'allocation')} not judged: this is cluster {cluster}, not "
        f"{', '.join(named)}."
    )


def decide_unheld(
    jobs: Iterable[Job], active: Collection[ComputeNodeId], known: Collection[JobId]
) -> Iterable[Job]:
    """Yield the jobs that no runner holds. Pure.

    Args:
        jobs: Those that are claimed or run.
        active: The nodes that are active.
        known: Jobs whose attempts are known to be lost.
    """
    for job in jobs:
        # The reference's server does not say which node has a job.
        is_held = job.compute_node_id in active if job.compute_node_id else bool(active)
        if not is_held and job.id not in known:
            yield job


def _ask(
    slurm: Slurm,
    records: Sequence[ScheduledComputeNode],
    nodes: Sequence[ComputeNode],
    reporter: Reporter,
    pause: Callable[[float], None],
) -> _Answer:
    """Return what Slurm says of allocations, once it knows it of all of this cluster."""
    cluster = slurm.cluster()
    poller = Poller(slurm, SystemClock())
    poller.watch(numbers_in(cluster, records, nodes))
    while True:
        views, status = poller.poll(), poller.status()
        unknown = sum(view.phase is Phase.UNKNOWN_YET for view in views.values())
        if not unknown:
            return _Answer(cluster=cluster, views=views)
        if status.error is not None:
            raise status.error
        allocations = counted(unknown, "allocation")
        reporter.progress(
            PlainNotice(
                f"{allocations} left the queue; waiting for Slurm's accounting, for a minute at "
                "most …"
            )
        )
        pause(status.next_look_s)


def _find_lost(
    client: TorcClient, settled: Settled, views: Mapping[int, AllocationView]
) -> Iterable[LostAttempt]:
    for node in settled.nodes:
        number = node.slurm_job_id or 0
        reason = end_words(views.get(number))
        held = every_item(client.list_jobs, node.workflow_id, active_compute_node_id=id_of(node))
        for job in held:
            if job.status in ACTIVE:
                yield LostAttempt(job=job, node_id=id_of(node), slurm_job_id=number, reason=reason)
