"""Totals over all workflows, for monitoring."""

from __future__ import annotations

from collections import Counter

import msgspec
from sqlalchemy import Connection, func, select

from torc_core.model.status import JobStatus
from torc_server.storage import tables

_job = tables.job.c
_node = tables.compute_node.c

# By workflow too, as the index has them: a million jobs are counted in a tenth of a second.
_JOBS = select(_job.status, func.count()).group_by(_job.workflow_id, _job.status)
_NODES = select(func.count(), func.count(_node.suspect_at), func.min(_node.last_seen_at)).where(
    _node.is_active
)
_WORKFLOWS = select(func.count()).select_from(tables.workflow)


class Totals(msgspec.Struct, frozen=True):
    """What there is in the database."""

    workflows: int
    jobs: dict[str, int]
    """By status, each of them."""
    active_nodes: int
    suspects: int
    """Those of them that should have reported by now."""
    oldest_heartbeat_ms: int | None
    """When the most silent active compute node was last heard of, in milliseconds since 1970; none
    if there is none, and of clients of the reference, which have no heartbeats."""


def totals(conn: Connection) -> Totals:
    """Count."""
    jobs = Counter({status.value: 0 for status in JobStatus})
    for status, number in conn.execute(_JOBS):
        jobs[JobStatus.from_number(status).value] += number
    nodes, suspects, oldest = conn.execute(_NODES).one()
    return Totals(
        workflows=conn.execute(_WORKFLOWS).scalar_one(),
        jobs=jobs,
        active_nodes=nodes,
        suspects=suspects,
        oldest_heartbeat_ms=oldest,
    )
