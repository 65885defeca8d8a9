"""Runners that stopped or fell silent: their jobs are given up, so that others may run them.

A runner is heard of with each of its turns, and it always keeps one. Clients of the reference
take no turns; nothing is known of them, so nothing of theirs is given up.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BindParameter, Connection, bindparam, case, select, update

from torc_core.model.event_types import ComputeNodeStopped, JobReady
from torc_core.model.status import ACTIVE
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.events import record_many
from torc_server.rules.jobs import make_ready
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

LOST_AFTER_S = 300.0
"""Silence after which a runner counts as gone. Slurm and Airflow wait as long."""

_CLOCK_STEP_MS = 5_000
"""A wall clock that is off by more than this since the last look was set."""

_node = tables.compute_node
_job = tables.job
_attempt = tables.attempt
_IDS: BindParameter[int] = bindparam("ids", expanding=True)

_SILENT = select(_node.c.id, _node.c.workflow_id, _node.c.hostname, _node.c.last_seen_at).where(
    _node.c.is_active, _node.c.last_seen_at < bindparam("since")
)
_OPEN = select(_attempt.c.id, _attempt.c.job_id, _attempt.c.token, _attempt.c.run_id).where(
    _attempt.c.compute_node_id == bindparam("node_id"), _attempt.c.ended_at.is_(None)
)
_LOSE = Prepared(
    update(_attempt)
    .where(_attempt.c.id.in_(_IDS))
    .values(
        ended_at=bindparam("now"),
        # What was to be stopped is not taken up again by a late report of its end.
        outcome=case(
            (_attempt.c.outcome.is_(None), AttemptOutcome.LOST), else_=AttemptOutcome.CANCELED
        ),
    )
)
_ACTIVE = Prepared(
    select(_job.c.id, _job.c.name, _job.c.token).where(
        _job.c.id.in_(_IDS), _job.c.status.in_([status.number for status in ACTIVE])
    )
)


@dataclass(slots=True)
class Watch:
    """Tells since when a runner must have been silent to count as gone.

    What was last heard is noted by the wall clock, which may be set, and nothing is heard while
    the server is down. So judging begins anew after a start and whenever the clock was set.
    """

    monotonic_s: float
    """When judging began."""
    offset_ms: float
    """The wall clock's reading at the monotonic clock's zero."""

    def silent_since(self, monotonic_s: float, wall_ms: int) -> int | None:
        """Return the latest sign of life, by the wall clock, of a runner that is gone.

        None: it is too early to tell.
        """
        offset_ms = wall_ms - monotonic_s * 1000
        if abs(offset_ms - self.offset_ms) > _CLOCK_STEP_MS:
            self.monotonic_s, self.offset_ms = monotonic_s, offset_ms
        if monotonic_s - self.monotonic_s < LOST_AFTER_S:
            return None
        return wall_ms - int(LOST_AFTER_S * 1000)


def give_up_silent(conn: Connection, silent_since: int, *, now_ms: int) -> list[int]:
    """Make the jobs of runners ready again of whom nothing was heard since that time.

    Returns:
        Ids of the compute nodes that count as gone.
    """
    silent = conn.execute(_SILENT, {"since": silent_since}).all()
    for node in silent:
        _give_up(conn, node, now_ms=now_ms)
    return [node.id for node in silent]


def take_from(conn: Connection, node_id: int, *, now_ms: int) -> list[JobReady]:
    """Make the jobs that a compute node holds ready again, and return the events to be written.

    Their tokens stay as they are: a runner that comes back in time may still report the ends.
    """
    attempts = conn.execute(_OPEN, {"node_id": node_id}).all()
    run_ids = {(row.job_id, row.token): row.run_id for row in attempts}
    active = _ACTIVE.all_of(conn, {row.job_id for row in attempts})
    held = [row for row in active if (row.id, row.token) in run_ids]
    _LOSE.run_of(conn, [row.id for row in attempts], now=now_ms)
    make_ready(conn, [row.id for row in held])
    return [
        JobReady(job_id=row.id, job_name=row.name, run_id=run_ids[row.id, row.token])
        for row in held
    ]


def _give_up(conn: Connection, node: Record, *, now_ms: int) -> None:
    ready = take_from(conn, node.id, now_ms=now_ms)
    conn.execute(update(_node).where(_node.c.id == node.id).values(is_active=False))
    stopped = ComputeNodeStopped(
        compute_node_id=node.id,
        hostname=node.hostname,
        reason=f"nothing heard for {(now_ms - node.last_seen_at) // 1000} seconds",
        jobs=len(ready),
    )
    record_many(conn, node.workflow_id, [stopped, *ready], now_ms=now_ms)
