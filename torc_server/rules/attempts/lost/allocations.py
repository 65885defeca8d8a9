"""Allocations whose runners are lost: recorded as over until one of them is back.

Slurm may know better: who asks it corrects the record, and so does a runner that Slurm starts
again.
"""

from __future__ import annotations

from sqlalchemy import Connection, Text, bindparam, cast, exists, select, update

from torc_core.model.compute import AllocationStatus
from torc_core.model.ids import ComputeNodeId
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_node = tables.compute_node
_other = tables.compute_node.alias("other")
_allocation = tables.scheduled_compute_node

_RECORD_ID = "scheduler_id"
"""The member of a node's `scheduler` that names the record of its allocation."""
_NUMBER = cast(_allocation.c.id, Text)
"""As text: clients may have written anything, which not every database makes a number."""
_OF_NODE = (
    select(_node.c.scheduler[_RECORD_ID].as_string())
    .where(_node.c.id == bindparam("node_id"), _node.c.workflow_id == _allocation.c.workflow_id)
    .correlate(_allocation)
    .scalar_subquery()
)
_COMPLETE = Prepared(
    update(_allocation)
    .where(
        _NUMBER == _OF_NODE,
        _allocation.c.status == AllocationStatus.ACTIVE.value,
        ~exists()
        .where(
            _other.c.workflow_id == _allocation.c.workflow_id,
            _other.c.is_active,
            _other.c.scheduler[_RECORD_ID].as_string() == _NUMBER,
        )
        .correlate(_allocation),
    )
    .values(status=AllocationStatus.COMPLETE.value)
)
_RESUME = Prepared(
    update(_allocation)
    .where(_NUMBER == _OF_NODE, _allocation.c.status == AllocationStatus.COMPLETE.value)
    .values(status=AllocationStatus.ACTIVE.value)
)


def complete_allocation(conn: Connection, node_id: ComputeNodeId) -> None:
    """Record that the allocation of a lost node is over, if it was the last one at work there."""
    _COMPLETE.run(conn, node_id=node_id)


def resume_allocation(conn: Connection, node_id: ComputeNodeId) -> None:
    """Record that the allocation of a node is at work, whose runner is back."""
    _RESUME.run(conn, node_id=node_id)
