"""What a `schedule_nodes` action asks for, and what a scheduler has to offer to carry it out."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from torc_core.decoders import convert
from torc_core.model.compute import SchedulerType
from torc_core.model.ids import ActionId, SchedulerId, WorkflowId


class NodeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Allocations that an action requests for its workflow."""

    workflow_id: WorkflowId
    action_id: ActionId
    scheduler_type: str = SchedulerType.SLURM
    scheduler_id: SchedulerId | None = None
    """The settings of the scheduler, a record of the workflow."""
    num_allocations: int = 1
    start_one_worker_per_node: bool = False
    max_parallel_jobs: int | None = None


class NodeScheduler(Protocol):
    """Requests nodes from a batch system; called on the thread that executes actions."""

    def can_submit(self, request: NodeRequest) -> bool:
        """Return whether this scheduler can request such nodes from here. Quick."""

    def submit(self, request: NodeRequest) -> None:
        """Request the nodes and record the allocations at the server.

        Raises:
            TorcError: They were not requested, or not all.
        """

    def interrupt(self) -> None:
        """Have `submit` end soon, as the runner is to stop. Safe on any thread."""


def node_request(workflow_id: WorkflowId, action_id: ActionId, config: Any) -> NodeRequest:
    """Return what a `schedule_nodes` action with this configuration asks for. Pure.

    Raises:
        msgspec.ValidationError: The configuration is not valid.
    """
    stated = {key: value for key, value in (config or {}).items() if value is not None}
    ids = {"workflow_id": workflow_id, "action_id": action_id}
    return convert({**stated, **ids}, NodeRequest)
