"""Recording that allocations are over once Slurm says so, before their leases expire."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import NotFoundError
from torc_core.hpc.slurm.allocation import Allocation
from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.model.compute import (
    UNFINISHED_ALLOCATIONS,
    AllocationStatus,
    ComputeNode,
    ComputeNodePatch,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
    SchedulerType,
)
from torc_core.model.ids import WorkflowId, id_of

_CLOCK_DIFFERENCE_S = 5.0
"""Between the controller and compute nodes, at most; where they differ by more than that, jobs of
a requeued allocation may wait until the server itself knows that its former runner is lost."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Allocations and nodes that are over, and whose records said otherwise."""

    allocations: tuple[ScheduledComputeNode, ...] = ()
    nodes: tuple[ComputeNode, ...] = ()
    """Their runners did not deregister. The jobs that they held are ready again, or have ended."""
    requeued: tuple[ScheduledComputeNode, ...] = ()
    """Allocations that wait once more: their runners were asked to leave, or are lost."""


def unfinished_allocations(
    client: TorcClient, workflow_id: WorkflowId
) -> tuple[ScheduledComputeNode, ...]:
    """Return the Slurm allocations of a workflow that the server does not know to be over."""
    return tuple(
        record
        for record in every_item(client.list_scheduled_compute_nodes, workflow_id)
        if _is_unfinished(record)
    )


def settle_allocations(
    client: TorcClient,
    views: Mapping[int, AllocationView],
    workflow_id: WorkflowId,
    *,
    cluster: str | None,
) -> Settled:
    """Record what Slurm knows: which allocations are over, with their nodes, and which wait again.

    Args:
        client: The server.
        views: What Slurm says of allocations, by their ids there. What it does not know yet, and
            what it was not asked for, stays as it is.
        workflow_id: The workflow.
        cluster: Whose Slurm that is.
    """
    settled = find_settled(client, views, workflow_id, cluster=cluster)
    record_settled(client, settled)
    return settled


def find_settled(
    client: TorcClient,
    views: Mapping[int, AllocationView],
    workflow_id: WorkflowId,
    *,
    cluster: str | None,
) -> Settled:
    """Return what `settle_allocations` would record."""
    return decide_settled(
        every_item(client.list_scheduled_compute_nodes, workflow_id),
        every_item(client.list_compute_nodes, workflow_id, is_active=True),
        views,
        cluster=cluster,
    )


def record_settled(client: TorcClient, settled: Settled) -> None:
    """Record that allocations and nodes are over, and that others wait again."""
    # Nodes first: once an allocation is complete, nothing looks at it again.
    for node in settled.nodes:
        with contextlib.suppress(NotFoundError):
            client.update_compute_node(id_of(node), ComputeNodePatch(is_active=False))
    for records, status in (
        (settled.allocations, AllocationStatus.COMPLETE),
        (settled.requeued, AllocationStatus.PENDING),
    ):
        for record in records:
            patch = ScheduledComputeNodePatch(status=status)
            with contextlib.suppress(NotFoundError):
                client.update_scheduled_compute_node(id_of(record), patch)


def decide_settled(
    records: Iterable[ScheduledComputeNode],
    nodes: Iterable[ComputeNode],
    views: Mapping[int, AllocationView],
    *,
    cluster: str | None = None,
) -> Settled:
    """Return what is over, though its record says otherwise, and the other way round. Pure.

    What belongs to another cluster than the one whose Slurm was asked is not judged.

    Of an allocation that Slurm requeues, after a preemption for example, the runner was asked to
    stop, and does not know that it will be started again.
    """
    records = [record for record in records if may_be_in(cluster, record.slurm_cluster)]
    nodes = [node for node in nodes if may_be_in(cluster, node.slurm_cluster)]
    keys = {record.scheduler_id: record.request_key for record in records}
    views = {number: view for number, view in views.items() if may_be_of(view, keys.get(number))}
    over = {number for number, view in views.items() if view.is_over}
    waiting = {number for number, view in views.items() if view.phase is Phase.PENDING}
    active = [node for node in nodes if node.is_active]
    before = [node for node in active if _is_from_before(node, views)]
    lost = {node.slurm_job_id for node in before}
    return Settled(
        allocations=tuple(
            record for record in records if record.scheduler_id in over and _is_unfinished(record)
        ),
        nodes=(*(node for node in active if node.slurm_job_id in over), *before),
        requeued=tuple(
            record
            for record in records
            if record.scheduler_type == SchedulerType.SLURM
            and record.scheduler_id in waiting
            and (record.status == AllocationStatus.COMPLETE or record.scheduler_id in lost)
        ),
    )


def may_be_in(cluster: str | None, stated: str | None) -> bool:
    """Return whether an allocation may be in a cluster. Pure.

    Args:
        cluster: The one whose Slurm was asked; None before it has answered.
        stated: The one that the record of the allocation names, if it does.
    """
    return stated is None or stated == cluster


def works_in(node: ComputeNode, allocation: Allocation) -> bool:
    """Return whether a worker is in an allocation, however often Slurm has started that. Pure."""
    return node.slurm_job_id == allocation.slurm_job_id and may_be_in(
        allocation.cluster, node.slurm_cluster
    )


def numbers_in(
    cluster: str | None, records: Iterable[ScheduledComputeNode], nodes: Iterable[ComputeNode]
) -> set[int]:
    """Return the allocations that may be in a cluster, by their ids in Slurm. Pure.

    Args:
        cluster: The one whose Slurm is asked.
        records: Allocations.
        nodes: Where runners work, in allocations or elsewhere.
    """
    stated = [
        *((record.scheduler_id, record.slurm_cluster) for record in records),
        *((node.slurm_job_id, node.slurm_cluster) for node in nodes),
    ]
    return {number for number, name in stated if number and may_be_in(cluster, name)}


def certain_views(
    views: Mapping[int, AllocationView],
    records: Mapping[int, ScheduledComputeNode],
    cluster: str | None,
) -> dict[int, AllocationView]:
    """Return what was certainly said of these allocations. Pure.

    This machine may be a login node of another cluster, whose Slurm knows nothing of them, or
    another job by the same number. A record that does not name its cluster is certain only of a
    job that was seen in the queue, by the key of its request.

    Args:
        views: What Slurm says, by its ids.
        records: The server's, by the same ids.
        cluster: Whose Slurm that is.
    """
    found = {}
    for number, record in records.items():
        view, key = views.get(number), record.request_key
        if view is None or not may_be_of(view, key):
            continue
        is_named = cluster is not None and record.slurm_cluster == cluster
        if is_named or (view.comment is not None and view.comment == key):
            found[number] = view
    return found


def may_be_of(view: AllocationView, key: str | None) -> bool:
    """Return whether a Slurm job may be the allocation that was requested by a key. Pure.

    Another cluster gives the same numbers to other jobs. One that left the queue has no comment.
    """
    return view.comment is None or key is None or view.comment == key


def _is_from_before(node: ComputeNode, views: Mapping[int, AllocationView]) -> bool:
    """Return whether an allocation waits that was requeued after a runner of it began.

    When the view is older than its next start, that start is still later than the submission.
    """
    view = views.get(node.slurm_job_id or 0)
    if view is None or view.phase is not Phase.PENDING or view.submitted is None:
        return False
    try:
        began = datetime.fromisoformat(node.start_time)
    except ValueError:
        return False  # of another client
    requeued = datetime.fromtimestamp(view.submitted - _CLOCK_DIFFERENCE_S, UTC)
    return began.tzinfo is not None and began < requeued


def _is_unfinished(record: ScheduledComputeNode) -> bool:
    return record.scheduler_type == SchedulerType.SLURM and record.status in UNFINISHED_ALLOCATIONS
