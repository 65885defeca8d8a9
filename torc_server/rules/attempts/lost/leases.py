"""Leases: the jobs of runners that stopped or fell silent are given to others.

Each exchange is a heartbeat, and a runner always has one open. Clients of the reference have no
exchanges; nothing is known of their runners, so their jobs are never considered lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import BindParameter, Connection, Select, bindparam, exists, select, update

from torc_core.model.compute import SchedulerType
from torc_core.model.events.jobs import (
    JobReady,
)
from torc_core.model.events.types import (
    ComputeNodeStarted,
    ComputeNodeStopped,
    ComputeNodeSuspected,
)
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.model.status import JobStatus
from torc_server.rules import executions
from torc_server.rules.attempts.lost.allocations import complete_allocation, resume_allocation
from torc_server.rules.attempts.lost.losses import find_losses, lose_attempts
from torc_server.rules.events import record, record_many
from torc_server.rules.runs.records import continue_runs_of_node, end_runs_of_node
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import is_free
from torc_server.storage.statements import Prepared, Record

_CLOCK_STEP_MS = 5_000
"""A wall clock that is off by more than this since the last check was set."""

_node = tables.compute_node
_job = tables.job
_attempt = tables.attempt
_IDS: BindParameter[int] = bindparam("ids", expanding=True)

_SILENT = select(_node.c.id, _node.c.workflow_id, _node.c.hostname, _node.c.last_seen_at).where(
    _node.c.is_active, _node.c.last_seen_at < bindparam("since")
)
_later = tables.compute_node.alias("later")
_REBOOTED = _SILENT.where(
    exists()
    .where(
        _later.c.hostname == _node.c.hostname,
        _later.c.boot_id != _node.c.boot_id,
        _later.c.last_seen_at > _node.c.last_seen_at,
    )
    .correlate(_node)
)
_NEWLY_SILENT = _SILENT.where(_node.c.suspect_at.is_(None))
_REPLACED = select(_node.c.id, _node.c.workflow_id, _node.c.hostname, _node.c.last_seen_at).where(
    _node.c.is_active, _node.c.id.in_(_IDS), _node.c.workflow_id == bindparam("workflow_id")
)
_OFFERS_CPUS = select(_node.c.num_cpus > 0).where(_node.c.id == bindparam("node_id"))
"""False of the node of a caretaker."""
_HEARD_LATER = (
    update(_node)
    .where(_node.c.is_active, _node.c.last_seen_at > bindparam("now"))
    .values(last_seen_at=bindparam("now"))
)
_HEARD_NOW = (
    update(_node)
    .where(
        _node.c.workflow_id == bindparam("of_workflow"),
        _node.c.is_active,
        _node.c.last_seen_at < bindparam("now"),
    )
    .values(last_seen_at=bindparam("now"))
)
_RETURN = (
    update(_node)
    .where(_node.c.id == bindparam("node_id"))
    .values(is_active=True)
    .returning(_node.c.workflow_id, _node.c.hostname, _node.c.compute_node_type)
)
_INTERRUPTED = Prepared(
    select(_job.c.id, _job.c.name, _attempt.c.run_id)
    .join(_attempt, (_attempt.c.job_id == _job.c.id) & (_attempt.c.token == _job.c.token))
    .join(_node, _node.c.id == _attempt.c.compute_node_id)
    .where(
        _job.c.workflow_id == bindparam("workflow_id"),
        _job.c.status == JobStatus.TERMINATED.number,
        _job.c.interrupted,
        _node.c.id.in_(_IDS),
        _node.c.compute_node_type == SchedulerType.SLURM,
    )
)
_RESUME = Prepared(
    update(_job)
    .where(_job.c.id.in_(_IDS))
    .values(status=JobStatus.READY.number, attempt_id=_job.c.attempt_id + 1)
)


class Silence(NamedTuple):
    """Which runners are silent, by the wall clock in milliseconds."""

    since: int
    """Their latest heartbeat came before."""
    now: int

    def seconds(self, last_seen_at: int) -> int:
        """Return for how long a runner has been silent."""
        return (self.now - last_seen_at) // 1000


@dataclass(slots=True)
class LeaseClock:
    """Decides since when a runner must have been silent to be suspect or lost.

    Heartbeats are recorded by the wall clock, which may be set, and none arrive while the server
    is down. So leases start over with the server and whenever the clock was set; heartbeats from
    before it was set back count as of the present (see `heard_by_now`).
    """

    monotonic_s: float
    """When leases started over."""
    offset_ms: float
    """The wall clock's reading at the monotonic clock's zero."""

    def silence(self, monotonic_s: float, wall_ms: int, silence_s: float) -> Silence | None:
        """Return who has been silent for so long; None while it is too early to decide."""
        offset_ms = wall_ms - monotonic_s * 1000
        if abs(offset_ms - self.offset_ms) > _CLOCK_STEP_MS:
            self.monotonic_s, self.offset_ms = monotonic_s, offset_ms
        if monotonic_s - self.monotonic_s < silence_s:
            return None
        return Silence(wall_ms - int(silence_s * 1000), wall_ms)


def heard_by_now(conn: Connection, wall_ms: int) -> None:
    """Let no heartbeat be later than the wall clock, which may have been set back since."""
    conn.execute(_HEARD_LATER, {"now": wall_ms})


def start_over(conn: Connection, workflow_id: WorkflowId, *, now_ms: int) -> None:
    """Let the leases of a workflow's runners start over, whose exchanges had to wait."""
    conn.execute(_HEARD_NOW, {"of_workflow": workflow_id, "now": now_ms})


def suspect_silent(conn: Connection, silence: Silence, *, now_ms: int) -> list[int]:
    """Record that runners are suspect that have been silent for so long.

    Returns:
        Ids of their compute nodes.
    """
    silent = _find(conn, _NEWLY_SILENT, silence)
    for node in silent:
        conn.execute(update(_node).where(_node.c.id == node.id).values(suspect_at=now_ms))
        suspected = ComputeNodeSuspected(
            compute_node_id=node.id,
            hostname=node.hostname,
            silent_seconds=silence.seconds(node.last_seen_at),
        )
        record(conn, node.workflow_id, suspected, now_ms=now_ms)
    return [node.id for node in silent]


def lose_rebooted(conn: Connection, silence: Silence, *, now_ms: int) -> list[int]:
    """Make the jobs of runners ready again whose machine was started again since they were heard.

    Hosts may have the same name. So a runner must also have missed a heartbeat since then.

    Args:
        conn: The writer's connection.
        silence: For how long they must have been silent.
        now_ms: Now.

    Returns:
        Ids of the compute nodes that were lost.
    """
    gone = _find(conn, _REBOOTED, silence)
    for node in gone:
        _stop(conn, node, "its machine was started again", now_ms=now_ms)
    return [node.id for node in gone]


def expire_leases(conn: Connection, silence: Silence, *, now_ms: int) -> list[int]:
    """Make the jobs of runners ready again that have been silent for so long.

    Returns:
        Ids of the compute nodes that were lost.
    """
    silent = _find(conn, _SILENT, silence)
    for node in silent:
        reason = f"nothing heard for {silence.seconds(node.last_seen_at)} seconds"
        _stop(conn, node, reason, now_ms=now_ms)
    return [node.id for node in silent]


def _find(conn: Connection, query: Select[Any], silence: Silence) -> list[Record]:
    """Return the silent runners; not those whose exchanges wait for long work on their workflow."""
    silent = conn.execute(query, {"since": silence.since})
    return [node for node in silent if is_free(conn, node.workflow_id)]


def stop_node(
    conn: Connection, workflow_id: WorkflowId, stopped: ComputeNodeStopped, *, now_ms: int
) -> None:
    """Record that a node is no longer there, and give what it held to others."""
    node_id = stopped.compute_node_id
    losses = find_losses(conn, node_id, now_ms=now_ms)
    if stopped.reason is not None:
        stopped = replace(stopped, jobs=losses.ready_jobs)
    record(conn, workflow_id, stopped, now_ms=now_ms)
    lose_attempts(conn, losses, now_ms=now_ms)
    abandoned = executions.abandon(conn, node_id, now_ms=now_ms)
    record_many(conn, workflow_id, abandoned, now_ms=now_ms)
    reason = stopped.reason or "its node was deregistered"
    end_runs_of_node(conn, workflow_id, node_id, reason=reason, now_ms=now_ms)


def replace_nodes(
    conn: Connection,
    workflow_id: WorkflowId,
    node_ids: Sequence[ComputeNodeId],
    by_node_id: ComputeNodeId,
    *,
    now_ms: int,
) -> None:
    """Stop nodes whose runners are dead; a node that has adopted jobs of theirs says so.

    What it has not adopted is ready again. So is what a runner in an allocation had to stop: Slurm
    has started the allocation again, and it goes on where it was.
    """
    nodes = conn.execute(_REPLACED, {"ids": node_ids, "workflow_id": workflow_id}).all()
    offers_cpus = conn.execute(_OFFERS_CPUS, {"node_id": by_node_id}).scalar_one()
    follows = "took over" if offers_cpus else "only looks after its running jobs"
    for node in nodes:
        _stop(conn, node, f"its runner died; node {by_node_id} {follows}", now_ms=now_ms)
    if offers_cpus:
        _resume_interrupted(conn, workflow_id, node_ids, now_ms=now_ms)


def return_node(conn: Connection, node_id: ComputeNodeId, *, now_ms: int) -> None:
    """Make a node active again whose runner had counted as lost and is back."""
    row = conn.execute(_RETURN, {"node_id": node_id}).one()
    started = ComputeNodeStarted(
        compute_node_id=node_id,
        hostname=row.hostname,
        compute_node_type=row.compute_node_type,
    )
    record(conn, row.workflow_id, started, now_ms=now_ms)
    continue_runs_of_node(conn, node_id)
    resume_allocation(conn, node_id)


def _resume_interrupted(
    conn: Connection, workflow_id: WorkflowId, node_ids: Sequence[ComputeNodeId], *, now_ms: int
) -> None:
    """Give jobs that were interrupted on nodes of allocations a next attempt."""
    jobs = _INTERRUPTED.all_of(conn, node_ids, workflow_id=workflow_id)
    _RESUME.run_of(conn, [job.id for job in jobs])
    ready = [JobReady(job_id=job.id, job_name=job.name, run_id=job.run_id) for job in jobs]
    record_many(conn, workflow_id, ready, now_ms=now_ms)


def _stop(conn: Connection, node: Record, reason: str, *, now_ms: int) -> None:
    ended = {"is_active": False, "suspect_at": None}
    conn.execute(update(_node).where(_node.c.id == node.id).values(ended))
    stopped = ComputeNodeStopped(compute_node_id=node.id, hostname=node.hostname, reason=reason)
    stop_node(conn, node.workflow_id, stopped, now_ms=now_ms)
    complete_allocation(conn, node.id)
