"""What must be known of a workflow before a recovery: whether any of it still runs, and where.

A recovery is for a workflow that will not continue by itself: no worker is left, and no
allocation that could bring one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import msgspec
import psutil

from torc_core.client import TorcClient, every_item
from torc_core.errors import ConflictError, MachineError
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.requests import is_of_workflow
from torc_core.hpc.slurm.settle import unfinished_allocations
from torc_core.model.compute import (
    AllocationStatus,
    ComputeNode,
    ScheduledComputeNode,
    SchedulerType,
)
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import count, refuse_archived
from torc_core.operations.recovery.orphans import Orphans
from torc_core.operations.slurm.regeneration.standing import requeued_ids, unrecorded_ids
from torc_core.units import counted

_NAMED = 5
_RUNNABLE = frozenset({JobStatus.READY, JobStatus.UNINITIALIZED})


class Outset(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a workflow before a recovery."""

    workflow: Workflow
    status: WorkflowStatus
    is_local: bool
    """Its jobs run without Slurm."""
    workers: tuple[ComputeNode, ...] = ()
    """Those that may still be at work."""
    allocations: tuple[ScheduledComputeNode, ...] = ()
    """Those that wait for nodes or have them."""
    unrecorded: tuple[int, ...] = ()
    """Others that do, and that the server has no record of, by their ids in Slurm."""
    orphans: tuple[JobId, ...] = ()
    """Jobs that are claimed, and whose allocations are over or which no worker holds; none once
    that is settled."""
    num_forsaken: int = 0
    """Other jobs that are claimed by workers which are dead, or by their caretakers."""

    @property
    def active_jobs(self) -> int:
        """How many jobs are claimed by workers that may be alive."""
        return max(count(self.status.jobs_by_status, ACTIVE) - self._given_up, 0)

    @property
    def is_in_flux(self) -> bool:
        """Jobs are claimed by no worker that was seen.

        They ended, or went from a dead worker to its caretaker, between two of the requests.
        """
        return self.active_jobs > 0 and not (self.workers or self.allocations or self.unrecorded)

    @property
    def left_jobs(self) -> int:
        """How many jobs could run as they are, if there were a worker."""
        return count(self.status.jobs_by_status, _RUNNABLE) + self._given_up

    @property
    def _given_up(self) -> int:
        return self.num_forsaken + len(self.orphans)


def read_outset(
    client: TorcClient,
    slurm: Slurm,
    workflow: Workflow,
    orphans: Orphans | None = None,
) -> Outset:
    """Read what still runs.

    Args:
        client: The server.
        slurm: The programs of this machine's cluster, if it has one.
        workflow: The workflow.
        orphans: What is over although its records say otherwise, if that is not settled.

    Raises:
        UnreachableError: Slurm's controller does not answer.
    """
    workflow_id = id_of(workflow)
    status = client.get_workflow_status(workflow_id)
    settled = orphans.settled if orphans is not None else None
    over = {id_of(each) for each in settled.nodes} if settled else set()
    ended = {id_of(each) for each in settled.allocations} if settled else set()
    nodes = every_item(client.list_compute_nodes, workflow_id, is_active=True)
    active = [node for node in nodes if id_of(node) not in over]
    dead = [node for node in active if is_dead(node)]
    is_idle = not count(status.jobs_by_status, ACTIVE)
    is_local = not runs_in_slurm(client, workflow_id)
    requeued, unrecorded = ((), ()) if is_local else _in_queue(client, slurm, workflow)
    return Outset(
        workflow=workflow,
        status=status,
        is_local=is_local,
        workers=tuple(node for node in active if node not in dead),
        allocations=(
            *(each for each in unfinished_allocations(client, workflow_id) if each.id not in ended),
            *requeued,
        ),
        unrecorded=unrecorded,
        orphans=() if orphans is None else orphans.job_ids,
        num_forsaken=0 if is_idle else sum(_held(client, workflow_id, node) for node in dead),
    )


def refuse_unstarted(workflow_id: WorkflowId, status: WorkflowStatus) -> None:
    """Refuse what cannot be recovered in any state. Pure.

    Raises:
        ConflictError: It is archived or canceled, or was never started.
    """
    refuse_archived(workflow_id, status)
    if status.is_canceled:
        raise ConflictError(
            f"Workflow {workflow_id} is canceled.",
            hint=f"Run what is left: torc workflows resume {workflow_id}",
        )
    if not status.run_id:
        raise ConflictError(
            f"Workflow {workflow_id} has not been started, so there is nothing to recover.",
            hint=f"Run it here: torc run {workflow_id}; or submit it: torc submit {workflow_id}",
        )


def refuse_active(outset: Outset) -> None:
    """Refuse a workflow that is still running in part. Pure.

    Raises:
        ConflictError: Jobs, workers or allocations are active; it says which.
    """
    active = list(_active(outset))
    if not active:
        return
    workflow_id = id_of(outset.workflow)
    hint = (
        "Wait until it has ended. "
        f"To recover it as soon as it has: torc watch {workflow_id} --recover"
    )
    waiting = [each.scheduler_id for each in outset.allocations]
    is_waiting = all(each.status == AllocationStatus.PENDING for each in outset.allocations)
    if waiting and is_waiting and not outset.active_jobs and not outset.workers:
        hint = f"{hint}. To wait for no more nodes: scancel {' '.join(map(str, waiting))}"
    if outset.unrecorded:
        hint = f"Wait until they have ended, or: scancel {' '.join(map(str, outset.unrecorded))}"
    raise ConflictError(f"Workflow {workflow_id} is still active: {'; '.join(active)}.", hint=hint)


def _active(outset: Outset) -> Iterable[str]:
    if outset.active_jobs:
        yield counted(outset.active_jobs, "active job")
    if outset.workers:
        names = [f"{each.hostname} PID {each.pid}" for each in outset.workers]
        yield f"{counted(len(names), 'worker')} ({_some(names)})"
    for status, what in (
        (AllocationStatus.ACTIVE, "running"),
        (AllocationStatus.PENDING, "waiting"),
    ):
        ids = [each.scheduler_id for each in outset.allocations if each.status == status]
        if ids:
            yield f"{counted(len(ids), f'{what} allocation')} ({_slurm_jobs(ids)})"
    if outset.unrecorded:
        allocations = counted(len(outset.unrecorded), "allocation")
        which = _slurm_jobs(outset.unrecorded)
        yield f"{allocations} that the server has no record of ({which})"


def _slurm_jobs(ids: Sequence[int]) -> str:
    return f"Slurm job{'s' if len(ids) > 1 else ''} {_some([str(each) for each in ids])}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _in_queue(
    client: TorcClient, slurm: Slurm, workflow: Workflow
) -> tuple[tuple[ScheduledComputeNode, ...], tuple[int, ...]]:
    """Return what Slurm has although the server counts it as over, or does not know it.

    Slurm has requeued the former; of the latter the server has lost the records.
    """
    if not slurm.is_here():
        return (), ()
    records = list(every_item(client.list_scheduled_compute_nodes, id_of(workflow)))
    queue = [each for each in slurm.queue() if is_of_workflow(workflow, each.comment)]
    waiting = requeued_ids(queue)
    requeued = tuple(
        msgspec.structs.replace(each, status=AllocationStatus.PENDING)
        for each in records
        if each.scheduler_id in waiting and each.status == AllocationStatus.COMPLETE
    )
    unrecorded = unrecorded_ids(queue, {each.scheduler_id for each in records})
    return requeued, tuple(sorted(unrecorded))


def runs_in_slurm(client: TorcClient, workflow_id: WorkflowId) -> bool:
    """Return whether jobs run in Slurm: where they did so far, else as is planned."""
    if client.list_scheduled_compute_nodes(workflow_id, limit=1).items:
        return True
    latest = client.list_compute_nodes(workflow_id, sort_by="id", reverse_sort=True, limit=1).items
    if latest:
        return latest[0].compute_node_type == SchedulerType.SLURM
    return bool(client.list_slurm_schedulers(workflow_id, limit=1).items)


def require_slurm(slurm: Slurm, workflow_id: WorkflowId) -> None:
    """Refuse to help a workflow of Slurm where there is none.

    Raises:
        MachineError: There is no Slurm on this machine.
    """
    if not slurm.is_here():
        raise MachineError(
            f"The jobs of workflow {workflow_id} run in Slurm, and there is no sbatch on PATH, so "
            "there is no Slurm here.",
            hint="Recover it on a login node of the cluster, or load its module of Slurm.",
        )


def is_dead(node: ComputeNode) -> bool:
    """Return whether a worker of this machine claims nothing more, and leaves its jobs to another.

    Its process is gone, which the server knows only after some minutes; or it is a caretaker,
    which looks after the jobs of a dead one until a run here takes them over.
    """
    is_here = node.hostname == os.uname().nodename
    is_local = node.compute_node_type == SchedulerType.LOCAL
    return is_here and is_local and (node.is_caretaker or not psutil.pid_exists(node.pid))


def _held(client: TorcClient, workflow_id: WorkflowId, node: ComputeNode) -> int:
    held = every_item(client.list_jobs, workflow_id, active_compute_node_id=id_of(node))
    return sum(job.status in ACTIVE for job in held)
