"""A worker settles, as it starts, what other allocations of its workflow have left behind.

Their jobs are ready for it at once, and not only when their runners have been silent for long.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable

from torc_core.client import TorcClient, every_item
from torc_core.clock import SystemClock
from torc_core.errors import TorcError
from torc_core.hpc.slurm.allocation import Allocation
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import Poller
from torc_core.hpc.slurm.settle import certain_views, may_be_in, numbers_in, settle_allocations
from torc_core.model.compute import (
    UNFINISHED_ALLOCATIONS,
    AllocationStatus,
    ComputeNode,
    ScheduledComputeNode,
    SchedulerType,
)
from torc_core.model.ids import WorkflowId
from torc_core.runner.logs import log

_SETTLERS = 10
"""Workers of a workflow that do it where hundreds start together: Slurm is asked twice by each."""
_SPREAD_S, _MOST_SPREAD_S = 0.05, 30.0
"""Over how long they begin with it: for each allocation, and at most."""


def begin_settling(
    client: TorcClient, workflow_id: WorkflowId, allocation: Allocation, slurm: Slurm
) -> None:
    """Begin to settle them beside the work, on a thread: Slurm may take its time.

    Of the runners of an allocation, the one on its first node does it; and of allocations that
    start together, the last ones.
    """
    if allocation.node_id != 0 or allocation.cluster is None:
        return

    def work() -> None:
        try:
            settle_others(client, workflow_id, allocation, slurm)
        except TorcError as error:
            log.warning("Other allocations were not settled", error=error)

    threading.Thread(target=work, name="settling", daemon=True).start()


def settle_others(
    client: TorcClient, workflow_id: WorkflowId, allocation: Allocation, slurm: Slurm
) -> None:
    """Settle what other allocations have left, if one of them may be at work.

    Raises:
        TorcError: The server did not answer.
    """
    records = list(every_item(client.list_scheduled_compute_nodes, workflow_id))
    threading.Event().wait(random.random() * decide_spread(records))  # noqa: S311 - no secret
    records = list(every_item(client.list_scheduled_compute_nodes, workflow_id))
    if not decide_turn(records, allocation):
        return
    nodes = every_item(client.list_compute_nodes, workflow_id, is_active=True)
    others = decide_others(records, nodes, allocation)
    if not others:
        return
    poller = Poller(slurm, SystemClock())
    poller.watch(others)
    views, cluster = poller.poll(), poller.status().cluster
    known = {each.scheduler_id: each for each in records if each.scheduler_id in others}
    certain = certain_views(views, known, cluster)
    settled = settle_allocations(client, certain, workflow_id, cluster=cluster)
    for record in settled.allocations:
        log.info("Another allocation is over", slurm_job_id=record.scheduler_id)


def decide_spread(records: Iterable[ScheduledComputeNode]) -> float:
    """Return over how many seconds workers that start together should begin. Pure."""
    number = sum(record.status in UNFINISHED_ALLOCATIONS for record in records)
    return min(number * _SPREAD_S, _MOST_SPREAD_S)


def decide_turn(records: Iterable[ScheduledComputeNode], allocation: Allocation) -> bool:
    """Return whether it is for this allocation to settle the others. Pure.

    It is for the last ones that are at work. What they find is true for those before, too.
    """
    later = (
        record
        for record in records
        if _is_at_work(record)
        and record.scheduler_id > allocation.slurm_job_id
        and may_be_in(allocation.cluster, record.slurm_cluster)
    )
    return sum(1 for _ in later) < _SETTLERS


def decide_others(
    records: Iterable[ScheduledComputeNode], nodes: Iterable[ComputeNode], allocation: Allocation
) -> set[int]:
    """Return the other allocations of this cluster that may be at work. Pure.

    Args:
        records: Those of the workflow.
        nodes: Its active nodes.
        allocation: The one of this runner.
    """
    active = [record for record in records if _is_at_work(record)]
    return numbers_in(allocation.cluster, active, nodes) - {allocation.slurm_job_id}


def _is_at_work(record: ScheduledComputeNode) -> bool:
    """Return whether a worker of an allocation has begun, and is not known to have left."""
    return record.scheduler_type == SchedulerType.SLURM and record.status == AllocationStatus.ACTIVE
