"""The server's record of an allocation, kept by its workers; made by them if the submitter died."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.clock import SystemClock
from torc_core.errors import ConflictError, TorcError
from torc_core.hpc.slurm.allocation import Allocation
from torc_core.hpc.slurm.settle import may_be_in, works_in
from torc_core.model.compute import (
    AllocationStatus,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
    SchedulerType,
)
from torc_core.model.ids import SchedulerId, WorkflowId
from torc_core.runner.logs import log
from torc_core.runner.policy.limits import LAST_ANSWERS_S
from torc_core.runner.server.patience import Patience


class AllocationOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """What the script of an allocation says of its request."""

    key: str | None
    scheduler_id: SchedulerId | None


def find_scheduled(
    client: TorcClient, workflow_id: WorkflowId, allocation: Allocation, origin: AllocationOrigin
) -> ScheduledComputeNode | None:
    """Return the server's record of an allocation; None if torc has not requested it.

    Raises:
        ConflictError: It was submitted twice, and the other one counts.
    """
    found = every_item(
        client.list_scheduled_compute_nodes, workflow_id, scheduler_id=allocation.slurm_job_id
    )
    here = (each for each in found if _is_here(each, allocation))
    record = next(here, None)
    if record is not None or origin.key is None or origin.scheduler_id is None:
        return record
    record = client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=workflow_id,
            scheduler_id=allocation.slurm_job_id,
            scheduler_config_id=origin.scheduler_id,
            scheduler_type=SchedulerType.SLURM,
            status=AllocationStatus.PENDING,
            request_key=origin.key,
            slurm_cluster=allocation.cluster,
        )
    )
    if record.scheduler_id != allocation.slurm_job_id:
        raise ConflictError(
            f"Slurm job {allocation.slurm_job_id} is not needed: of the same request there is "
            f"Slurm job {record.scheduler_id}.",
            hint="Nothing is to be done.",
        )
    return record


def _is_here(record: ScheduledComputeNode, allocation: Allocation) -> bool:
    """Return whether a record with the number of an allocation may be of its cluster."""
    return allocation.cluster is None or may_be_in(allocation.cluster, record.slurm_cluster)


@contextmanager
def keeping_status(
    client: TorcClient,
    workflow_id: WorkflowId,
    allocation: Allocation,
    scheduled: ScheduledComputeNode | None,
    patience: Patience,
) -> Iterator[None]:
    """Record that an allocation is at work, and at the end that it is over if no worker is left.

    Args:
        client: The server.
        workflow_id: The workflow.
        allocation: The one of this worker, whose runner deregisters before the end.
        scheduled: The record; None if there is none.
        patience: With a server that does not answer at first.
    """
    if scheduled is None or scheduled.id is None:
        yield
        return
    record = partial(client.update_scheduled_compute_node, scheduled.id)

    def leave() -> None:
        # Each worker looks after it has deregistered, so the last one to look sees no other.
        active = every_item(
            client.list_compute_nodes,
            workflow_id,
            is_active=True,
            scheduled_compute_node_id=scheduled.id,
        )
        if not any(works_in(node, allocation) for node in active):
            record(ScheduledComputeNodePatch(status=AllocationStatus.COMPLETE))

    patience.ask(partial(record, ScheduledComputeNodePatch(status=AllocationStatus.ACTIVE)))
    try:
        yield
    finally:
        try:
            Patience(LAST_ANSWERS_S, SystemClock(), jitter=random.random).ask(leave)
        except TorcError as error:
            log.warning(
                "Allocation could not be marked as complete",
                slurm_job_id=scheduled.scheduler_id,
                error=error,
            )
