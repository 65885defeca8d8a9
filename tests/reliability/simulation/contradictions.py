"""What the records of a history must not say, whatever has happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from reliability.simulation.hosts import Ledger
from reliability.simulation.plans import RETRIED, PlannedJob
from sqlalchemy import Connection, func, select

from torc_server.storage import tables


def contradictions(
    conn: Connection, ledger: Ledger, planned: Mapping[int, PlannedJob]
) -> dict[str, Collection[Any]]:
    """Return what contradicts what, by kind.

    Args:
        conn: A connection.
        ledger: What processes did.
        planned: The jobs.
    """
    result, attempt = tables.result.c, tables.attempt.c
    rows = conn.execute(select(result.job_id, result.return_code)).all()
    recorded = Counter(row.job_id for row in rows)
    retried = Counter(row.job_id for row in rows if row.return_code == RETRIED)
    claimed = Counter(conn.execute(select(attempt.job_id)).scalars())
    started = Counter(job_id for job_id, _ in {start[1:] for start in ledger.starts})
    said = Counter(data["job_id"] for data in _events(conn, "job_started"))
    may_have_run = {
        job_id: (claimed if job.on_lost else started)[job_id] for job_id, job in planned.items()
    }
    return {
        "jobs with more results than attempts": [
            job_id for job_id, count in recorded.items() if count > may_have_run[job_id]
        ],
        "jobs whose starts are recorded twice": [
            job_id for job_id, count in said.items() if count > started[job_id]
        ],
        "jobs that must not run twice and did": [
            job_id
            for job_id, count in started.items()
            if planned[job_id].on_lost == "fail" and count > retried[job_id] + 1
        ],
        "jobs that an older runner has adopted": [
            data["job_id"]
            for data in _events(conn, "job_adopted")
            if data["compute_node_id"] < data["previous_node_id"]
        ],
    }


def registered_twice(conn: Connection, asked: int) -> list[str]:
    """Return how many runners are registered, if that is more than have asked for it."""
    nodes = conn.execute(select(func.count()).select_from(tables.compute_node)).scalar_one()
    return [f"{nodes} instead of {asked}"] if nodes > asked else []


def _events(conn: Connection, kind: str) -> list[Any]:
    event = tables.event.c
    found = select(event.data).where(event.event_type == kind).order_by(event.id)
    return list(conn.execute(found).scalars())
