"""Jobs that a deregistered node still holds: an initialization takes them back.

They are those that a runner of the reference has left running: what it claims is not lost with its
node, as the claim names none. It deregisters last of all, so no report of them can come any more.
"""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select

from torc_core.model.ids import WorkflowId
from torc_core.model.status import ACTIVE, JobStatus
from torc_server.rules.attempts.lost.losses import lose_attempts, losses_of
from torc_server.rules.attempts.results import AcceptedCompletion
from torc_server.storage import tables

_node = tables.compute_node
_job = tables.job
_attempt = tables.attempt

_ABANDONED = (
    select(
        _attempt.c.id,
        _attempt.c.job_id,
        _attempt.c.workflow_id,
        _job.c.compute_node_id,
        _attempt.c.token,
        _attempt.c.run_id,
        _attempt.c.attempt_id,
        _attempt.c.started_at,
    )
    .join(_job, (_job.c.id == _attempt.c.job_id) & (_job.c.token == _attempt.c.token))
    .join(_node, _node.c.id == _job.c.compute_node_id)
    .where(
        _job.c.workflow_id == bindparam("workflow_id"),
        _job.c.status.in_([status.number for status in ACTIVE]),
        _attempt.c.ended_at.is_(None),
        _node.c.is_active.is_(False),
    )
)


def lose_abandoned(conn: Connection, workflow_id: WorkflowId, *, now_ms: int) -> None:
    """Record what was running on deregistered nodes as lost; the jobs are ready again.

    All of them, however many attempts they have lost: an owner has decided that they run.
    """
    attempts = conn.execute(_ABANDONED, {"workflow_id": workflow_id}).all()
    losses = losses_of(conn, attempts, now_ms=now_ms)
    again = [_again(lost) for lost in losses.running]
    lose_attempts(conn, losses._replace(running=again), now_ms=now_ms)


def _again(lost: AcceptedCompletion) -> AcceptedCompletion:
    """Let a lost attempt be followed by another; how long it ran is not known."""
    return lost._replace(
        reason=None,
        end=replace(lost.end, status=JobStatus.FAILED, retry=True, exec_time_minutes=0.0),
    )
