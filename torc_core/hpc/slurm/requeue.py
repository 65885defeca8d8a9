"""An allocation that Slurm has requeued: after the loss of a node, a preemption, or on request.

It keeps its id and starts over, maybe on other nodes. What ran in it before is gone; so its new
runners take over at once, and nothing waits until the old ones count as lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torc_core.client import TorcClient, every_item
from torc_core.hpc.slurm.allocation import Allocation
from torc_core.hpc.slurm.settle import works_in
from torc_core.model.compute import (
    OUTPUT_DIR,
    SLURM_CLUSTER,
    ComputeNode,
    ScheduledComputeNode,
    SchedulerType,
)
from torc_core.model.ids import ComputeNodeId, WorkflowId, id_of
from torc_core.runner.logs import log

_RESTARTS = "restart_count"


def node_scheduler(
    allocation: Allocation, scheduled: ScheduledComputeNode | None, output_dir: Path
) -> dict[str, Any]:
    """Return what the compute node of a runner says of its allocation, and where it writes."""
    return {
        "type": SchedulerType.SLURM,
        "scheduler_id": scheduled.id if scheduled else None,
        "slurm_job_id": allocation.slurm_job_id,
        **({SLURM_CLUSTER: allocation.cluster} if allocation.cluster else {}),
        _RESTARTS: allocation.restart_count,
        OUTPUT_DIR: str(output_dir),
    }


def nodes_before(
    client: TorcClient,
    workflow_id: WorkflowId,
    allocation: Allocation,
    scheduled: ScheduledComputeNode | None,
) -> tuple[ComputeNodeId, ...]:
    """Return the compute nodes that an allocation had before Slurm has started it again.

    Args:
        client: The server.
        workflow_id: The workflow.
        allocation: The allocation, as it is now.
        scheduled: The server's record of it, if there is one.
    """
    if not allocation.restart_count:
        return ()
    record_id = None if scheduled is None else scheduled.id
    nodes = every_item(client.list_compute_nodes, workflow_id, scheduled_compute_node_id=record_id)
    before = tuple(id_of(node) for node in nodes if _is_from_before(node, allocation))
    log.info(
        "Slurm has started the allocation again",
        slurm_job_id=allocation.slurm_job_id,
        restart_count=allocation.restart_count,
        nodes_before=",".join(map(str, before)) or None,
    )
    return before


def _is_from_before(node: ComputeNode, allocation: Allocation) -> bool:
    said = node.scheduler if isinstance(node.scheduler, dict) else {}
    restarts = said.get(_RESTARTS, 0)
    return (
        works_in(node, allocation)
        and isinstance(restarts, int)
        and restarts < allocation.restart_count
    )
