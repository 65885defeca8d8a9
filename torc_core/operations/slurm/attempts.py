"""Which runners and attempts of jobs belong to the allocations of a workflow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.model.compute import ComputeNode, ScheduledComputeNode, SchedulerType
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.status import JobStatus


class AllocationAttempts(msgspec.Struct, frozen=True, kw_only=True):
    """A runner in an allocation, and the jobs that did not end well under it."""

    slurm_job_id: int
    pid: int
    """The runner's process."""
    hostname: str
    job_ids: tuple[JobId, ...]
    """Of the attempts that did not complete, and of those that run."""


def slurm_job_ids(
    scheduled: Iterable[ScheduledComputeNode], nodes: Iterable[ComputeNode]
) -> list[int]:
    """Return the allocations that a workflow has asked for, or its runners have worked in."""
    asked = {each.scheduler_id for each in scheduled if each.scheduler_type == SchedulerType.SLURM}
    return sorted(asked | {each.slurm_job_id for each in nodes if each.slurm_job_id is not None})


def find_attempts(
    client: TorcClient, workflow_id: WorkflowId, nodes: Iterable[ComputeNode]
) -> Iterator[AllocationAttempts]:
    """Yield what ran on those of a workflow's nodes that Slurm has granted."""
    for node in nodes:
        if node.slurm_job_id is None:
            continue
        number = id_of(node)
        results = every_item(
            client.list_results, workflow_id, compute_node_id=number, all_runs=True
        )
        running = every_item(client.list_jobs, workflow_id, active_compute_node_id=number)
        ended = {each.job_id for each in results if each.status is not JobStatus.COMPLETED}
        yield AllocationAttempts(
            slurm_job_id=node.slurm_job_id,
            pid=node.pid,
            hostname=node.hostname,
            job_ids=tuple(sorted(ended | {id_of(job) for job in running})),
        )


def written_by(
    attempts: Collection[AllocationAttempts], slurm_job_id: int, pid: int | None
) -> list[AllocationAttempts]:
    """Return the runners that a log of an allocation may tell of.

    Args:
        attempts: Of all runners.
        slurm_job_id: The allocation.
        pid: The runner that wrote the log; None for what all of the allocation print.
    """
    inside = [each for each in attempts if each.slurm_job_id == slurm_job_id]
    return [each for each in inside if each.pid == pid] or inside
