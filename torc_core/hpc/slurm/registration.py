"""The server's record of an allocation, found by its worker; made by it if the submitter died."""

from __future__ import annotations

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import ConflictError
from torc_core.hpc.slurm.allocation import Allocation
from torc_core.model.compute import AllocationStatus, ScheduledComputeNode, SchedulerType
from torc_core.model.ids import SchedulerId, WorkflowId


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
    record = next(found, None)
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
        )
    )
    if record.scheduler_id != allocation.slurm_job_id:
        raise ConflictError(
            f"Slurm job {allocation.slurm_job_id} is not needed: of the same request there is "
            f"Slurm job {record.scheduler_id}.",
            hint="Nothing is to be done.",
        )
    return record
