"""What a runner without a job can expect: jobs of other runners, or nothing any more.

A job that is ready and fits no node would keep every runner waiting for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, or_, select

from torc_core.errors import UsageError
from torc_core.model.compute import AllocationStatus
from torc_core.model.exchange import Outlook
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.model.status import ACTIVE
from torc_core.resources import Capacity, Requirements
from torc_core.units import parse_duration
from torc_server.rules.attempts.leases import LEASE_S
from torc_server.rules.attempts.ready import COUNT_LIMIT, ReadyGroup, first_jobs
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

_job = tables.job
_node = tables.compute_node
_allocation = tables.scheduled_compute_node

_HELD = (
    select(_job.c.compute_node_id)
    .where(
        _job.c.workflow_id == bindparam("workflow_id"),
        _job.c.status.in_([status.number for status in ACTIVE]),
    )
    .limit(COUNT_LIMIT)
    .subquery()
)
_HOLDERS = Prepared(
    select(
        _HELD.c.compute_node_id,
        func.count().label("jobs"),
        func.max(_node.c.last_seen_at).label("last_seen_at"),
    )
    .select_from(_HELD.outerjoin(_node, _node.c.id == _HELD.c.compute_node_id))
    .group_by(_HELD.c.compute_node_id)
)
_OTHERS = Prepared(
    select(_node).where(
        _node.c.workflow_id == bindparam("workflow_id"),
        _node.c.id != bindparam("node_id"),
        _node.c.is_active,
        # Clients of the reference send no heartbeat, and new runners have not sent one yet.
        or_(_node.c.last_seen_at.is_(None), _node.c.last_seen_at >= bindparam("since")),
    )
)
# The runners of an allocation that is active are registered.
_HAS_ALLOCATIONS = Prepared(
    select(
        exists().where(
            _allocation.c.workflow_id == bindparam("workflow_id"),
            _allocation.c.status == AllocationStatus.PENDING,
        )
    )
)


def outlook_of(
    conn: Connection,
    workflow_id: WorkflowId,
    node_id: ComputeNodeId,
    missed: Sequence[ReadyGroup],
    *,
    now_ms: int,
) -> Outlook:
    """Return the outlook of a node that could claim none of the groups of ready jobs.

    Actions are not looked at.
    """
    holders = _HOLDERS.all(conn, workflow_id=workflow_id)
    leased = [
        row for row in holders if row.last_seen_at is not None and row.compute_node_id != node_id
    ]
    if leased:
        silent_s = max(now_ms - min(row.last_seen_at for row in leased), 0) / 1000
        return Outlook(
            held=sum(row.jobs for row in leased),
            silent_seconds=silent_s,
            lease_seconds=max(LEASE_S - silent_s, 0.0),
        )
    if holders or not missed:
        return Outlook()
    since = now_ms - int(LEASE_S * 1000)
    others = _OTHERS.all(conn, workflow_id=workflow_id, node_id=node_id, since=since)
    [(has_allocations,)] = _HAS_ALLOCATIONS.all(conn, workflow_id=workflow_id)
    if has_allocations or can_take(
        [capacity_at(row, now_ms) for row in others], [group.requirements for group in missed]
    ):
        return Outlook()
    [first] = first_jobs(conn, workflow_id, missed[0], 1)
    return Outlook(is_stuck=True, example=first.name)


def can_take(nodes: Sequence[Capacity], jobs: Sequence[Requirements]) -> bool:
    """Return whether one of the jobs fits one of the nodes, each with all that it has."""
    return any(node.fits(job) for node in nodes for job in jobs)


def capacity_at(node: Record, now_ms: int) -> Capacity:
    """Return what a registered node has, and for how long; what clients misspell is no limit."""
    seconds_left = None
    with suppress(UsageError, ValueError):
        if node.time_limit is not None:
            started = datetime.fromisoformat(node.start_time).timestamp()
            ends = started + parse_duration(node.time_limit, field="time_limit")
            seconds_left = max(int(ends - now_ms / 1000), 0)
    return Capacity(
        num_cpus=node.num_cpus,
        memory_bytes=int(node.memory_gb * 2**30),
        num_gpus=node.num_gpus,
        num_nodes=node.num_nodes,
        seconds_left=seconds_left,
    )
