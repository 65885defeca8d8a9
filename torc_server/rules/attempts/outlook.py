"""What a runner without a job can expect: jobs of other runners, or nothing any more.

In an allocation it also matters how long the node is there: what no longer fits is nothing to wait
for.

Jobs that are ready and fit no node, or that only the next start of the workflow makes ready, would
keep every runner waiting for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import BindParameter, Connection, bindparam, exists, func, or_, select

from torc_core.errors import UsageError
from torc_core.model.compute import AllocationStatus
from torc_core.model.exchange import Outlook
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.model.records.timers import DEFAULT_TIMERS
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.resources import Capacity, Requirements
from torc_core.units import parse_duration
from torc_server.rules.attempts.ready import ReadyGroup, first_jobs, open_requirements
from torc_server.rules.attempts.shortage import describe_shortage, nearest_miss
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

_job = tables.job
_node = tables.compute_node
_allocation = tables.scheduled_compute_node

_attempt = tables.attempt
_WORKFLOW: BindParameter[int] = bindparam("workflow_id")

_WAITING = (
    JobStatus.READY,
    JobStatus.TERMINATED,
    JobStatus.PENDING_FAILED,
    JobStatus.UNINITIALIZED,
)
"""Of jobs that may be open and wait for no other job."""

_IS_HELD = Prepared(
    select(
        exists().where(
            _job.c.workflow_id == _WORKFLOW,
            _job.c.status.in_([status.number for status in ACTIVE]),
        )
    )
)
_LEFT = Prepared(
    select(_job.c.status, _job.c.interrupted, func.count().label("jobs"))
    .where(
        _job.c.workflow_id == _WORKFLOW,
        _job.c.status.in_([status.number for status in _WAITING]),
    )
    .group_by(_job.c.status, _job.c.interrupted)
)
_OTHER_NODES = (
    _node.c.workflow_id == _WORKFLOW,
    _node.c.id != bindparam("node_id"),
    _node.c.is_active,
)
_HOLDERS = Prepared(
    select(func.count().label("runners"), func.min(_node.c.last_seen_at).label("heard_at")).where(
        *_OTHER_NODES,
        _node.c.last_seen_at.is_not(None),
        exists()
        .where(_attempt.c.compute_node_id == _node.c.id, _attempt.c.ended_at.is_(None))
        .correlate(_node),
    )
)
_LARGE_ENOUGH = Prepared(
    select(_node).where(
        *_OTHER_NODES,
        # Clients of the reference send no heartbeat, and new runners have not sent one yet.
        or_(_node.c.last_seen_at.is_(None), _node.c.last_seen_at >= bindparam("since")),
        _node.c.num_cpus >= bindparam("num_cpus"),
        _node.c.num_gpus >= bindparam("num_gpus"),
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


def outlook_of(  # noqa: PLR0913 - all that an outlook depends on
    conn: Connection,
    workflow_id: WorkflowId,
    node_id: ComputeNodeId,
    missed: Sequence[ReadyGroup],
    *,
    lease_s: float = DEFAULT_TIMERS.lost_seconds,
    now_ms: int,
    counts: bool = True,
) -> Outlook | None:
    """Return the outlook of a node that could claim none of the groups of ready jobs.

    Actions are not looked at.

    Args:
        conn: The database.
        workflow_id: The workflow.
        node_id: The node.
        missed: The groups, the nearest first.
        lease_s: Silence after which a runner is lost.
        now_ms: The time.
        counts: Count the runners that hold jobs; otherwise None is returned if jobs are held.
            Each of many waiting runners looks again whenever anything happens.
    """
    [(is_held,)] = _IS_HELD.all(conn, workflow_id=workflow_id)
    if is_held:
        return _of_holders(conn, workflow_id, node_id, lease_s, now_ms) if counts else None
    if not missed:
        return _of_left(conn, workflow_id)
    needed = [group.requirements for group in missed]
    if _may_be_taken(conn, workflow_id, node_id, needed, now_ms - int(lease_s * 1000), now_ms):
        return Outlook()
    [first] = first_jobs(conn, workflow_id, missed[0], 1)
    return Outlook(is_stuck=True, example=first.name)


def add_reach(
    conn: Connection, workflow_id: WorkflowId, found: Outlook | None, whole: Capacity
) -> Outlook | None:
    """Return an outlook that also says whether an open job can ever run on the node.

    Args:
        conn: The database.
        workflow_id: The workflow.
        found: The outlook; None if it is that of the request's first answer.
        whole: What the node has when no job is there, and for how long.
    """
    if found is not None and found.is_stuck:
        return found
    jobs = open_requirements(conn, workflow_id)
    fitting = [job for job in jobs if whole.fits(job)]
    nearest = None if fitting else nearest_miss(jobs, whole)
    if nearest is not None:
        lacking = describe_shortage(nearest, whole)
        sentence = f"Of the jobs that are left, those nearest to fit need {lacking}."
        return replace(found or Outlook(), out_of_reach=sentence)
    if found is None or whole.seconds_left is None or not fitting:
        return found
    fits_s = whole.seconds_left - min(job.runtime_s for job in fitting)
    return replace(found, fits_seconds=float(fits_s))


def _of_left(conn: Connection, workflow_id: WorkflowId) -> Outlook:
    """Return the outlook if no job is held, and the claimer could take any that is ready."""
    left: Counter[JobStatus] = Counter()
    for row in _LEFT.all(conn, workflow_id=workflow_id):
        status = JobStatus.from_number(row.status)
        if status is not JobStatus.TERMINATED or row.interrupted:
            left[status] += row.jobs
    if left[JobStatus.READY]:
        return Outlook()
    interrupted, undecided = left[JobStatus.TERMINATED], left[JobStatus.PENDING_FAILED]
    return Outlook(
        is_stuck=bool(interrupted and not undecided),
        interrupted=interrupted,
        undecided=undecided,
        uninitialized=left[JobStatus.UNINITIALIZED],
    )


def _of_holders(
    conn: Connection,
    workflow_id: WorkflowId,
    node_id: ComputeNodeId,
    lease_s: float,
    now_ms: int,
) -> Outlook:
    [found] = _HOLDERS.all(conn, workflow_id=workflow_id, node_id=node_id)
    if not found.runners:
        return Outlook()
    silent_s = max(now_ms - found.heard_at, 0) / 1000
    return Outlook(
        holders=found.runners,
        silent_seconds=silent_s,
        lease_seconds=max(lease_s - silent_s, 0.0),
    )


def _may_be_taken(
    conn: Connection,
    workflow_id: WorkflowId,
    node_id: ComputeNodeId,
    jobs: Sequence[Requirements],
    heard_since: int,
    now_ms: int,
) -> bool:
    """Return whether another node, or one that was requested, may take one of these jobs."""
    [(has_allocations,)] = _HAS_ALLOCATIONS.all(conn, workflow_id=workflow_id)
    if has_allocations:
        return True
    nodes = _LARGE_ENOUGH.all(
        conn,
        workflow_id=workflow_id,
        node_id=node_id,
        since=heard_since,
        num_cpus=min(job.num_cpus for job in jobs),
        num_gpus=min(job.num_gpus for job in jobs),
    )
    return can_take([capacity_at(node, now_ms) for node in nodes], jobs)


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
