"""Giving up attempts whose runners do not answer: tokens are fenced, jobs interrupted.

One that was running has the result of a lost attempt, as no report of it will count. It is not held
against its job, since a user gave it up: it is terminated, not failed. Of a client without tokens
nothing is recorded: what it may report still counts, and a result would stand in the way.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, false, or_, select, true, update

from torc_core.model.events.types import ComputeNodeStopped
from torc_core.model.exchange import Shutdown
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.model.status import ACTIVE, JobStatus
from torc_server.rules.attempts.lost.losses import OPEN, losses_of
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.attempts.results import AcceptedCompletion, record_results
from torc_server.rules.events import record
from torc_server.rules.jobs import NO_HOLDER
from torc_server.rules.runs.records import end_runs_of_node
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_REASON = "given up by a resume"
_job = tables.job
_attempt = tables.attempt
_node = tables.compute_node
_IDS: Any = bindparam("ids", expanding=True)

_OPEN = OPEN.outerjoin(_node, _node.c.id == _attempt.c.compute_node_id).where(
    _attempt.c.workflow_id == bindparam("workflow_id")
)
_END = Prepared(
    update(_attempt)
    .where(_attempt.c.id.in_(_IDS))
    .values(ended_at=bindparam("now"), outcome=AttemptOutcome.GIVEN_UP)
)
_FENCE = Prepared(update(_job).where(_job.c.id.in_(_IDS)).values(token=_job.c.token + 1))
_INTERRUPT = Prepared(
    update(_job)
    .where(_job.c.id.in_(_IDS), _job.c.status.in_([status.number for status in ACTIVE]))
    .values(status=JobStatus.TERMINATED.number, interrupted=true(), **NO_HOLDER)
)


def give_up_all(conn: Connection, workflow_id: WorkflowId, *, now_ms: int) -> int:
    """Give up every attempt that has not ended, and return how many jobs that were."""
    nodes = select(_node.c.id).where(_node.c.workflow_id == workflow_id, _node.c.is_active)
    node_ids = list(conn.execute(nodes).scalars())
    return _give_up(conn, workflow_id, true(), node_ids, now_ms=now_ms)


def give_up_silent(conn: Connection, workflow_id: WorkflowId, *, now_ms: int) -> int:
    """Do the same for runners that are suspect, see `RunnerTimers`, or that were deregistered."""
    is_silent = or_(_node.c.is_active.is_not(true()), _node.c.suspect_at.is_not(None))
    silent = select(_node.c.id).where(_node.c.workflow_id == workflow_id, is_silent)
    active = list(conn.execute(silent.where(_node.c.is_active)).scalars())
    return _give_up(conn, workflow_id, is_silent, active, now_ms=now_ms)


def give_up_nodes(
    conn: Connection, workflow_id: WorkflowId, node_ids: Collection[ComputeNodeId], *, now_ms: int
) -> int:
    """Do the same for nodes whose runners are known to be gone."""
    condition = _node.c.id.in_(node_ids) if node_ids else false()
    return _give_up(conn, workflow_id, condition, node_ids, now_ms=now_ms)


def _give_up(
    conn: Connection,
    workflow_id: WorkflowId,
    condition: Any,
    node_ids: Collection[ComputeNodeId],
    *,
    now_ms: int,
) -> int:
    attempts = conn.execute(_OPEN.where(condition), {"workflow_id": workflow_id}).all()
    jobs = {row.job_id for row in attempts}
    held = [row for row in attempts if row.compute_node_id is not None]
    running = losses_of(conn, held, now_ms=now_ms).running
    _END.run_of(conn, [row.id for row in attempts], now=now_ms)
    _FENCE.run_of(conn, jobs)
    record_results(conn, [_interrupted(lost) for lost in running], now_ms=now_ms)
    _INTERRUPT.run_of(conn, jobs)
    for node_id in node_ids:
        _deregister(conn, workflow_id, node_id, now_ms=now_ms)
    return len(jobs)


def _interrupted(lost: AcceptedCompletion) -> AcceptedCompletion:
    end = replace(lost.end, status=JobStatus.TERMINATED, retry=False, interrupted=True)
    return lost._replace(end=end)


def _deregister(
    conn: Connection, workflow_id: WorkflowId, node_id: ComputeNodeId, *, now_ms: int
) -> None:
    """Mark a node as inactive; should its runner be there after all, it is asked to stop."""
    own = update(_node).where(_node.c.id == node_id).returning(_node.c.hostname)
    values = {"is_active": False, "shutdown": Shutdown.STOP.value, "shutdown_reason": _REASON}
    hostname = conn.execute(own.values(values)).scalar_one()
    event = ComputeNodeStopped(compute_node_id=node_id, hostname=hostname, reason=_REASON)
    record(conn, workflow_id, event, now_ms=now_ms)
    end_runs_of_node(conn, workflow_id, node_id, reason=_REASON, now_ms=now_ms)
