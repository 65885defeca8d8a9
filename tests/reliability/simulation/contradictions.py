"""What the records of a history must not say, whatever has happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from reliability.simulation.hosts import Ledger
from reliability.simulation.plans import RETRIED, PlannedJob
from sqlalchemy import Connection, bindparam, func, select

from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_event = tables.event.c
_RESULTS = Prepared(select(tables.result.c.job_id, tables.result.c.return_code))
_ATTEMPTS = Prepared(select(tables.attempt.c.job_id))
_NODES = Prepared(
    select(func.count()).where(tables.compute_node.c.workflow_id == bindparam("workflow_id"))
)
_EVENTS = Prepared(
    select(_event.data).where(_event.event_type == bindparam("kind")).order_by(_event.id)
)


def contradictions(
    conn: Connection, ledger: Ledger, planned: Mapping[int, PlannedJob]
) -> dict[str, Collection[Any]]:
    """Return what contradicts what, by kind.

    Args:
        conn: A connection.
        ledger: What processes did.
        planned: The jobs.
    """
    rows = _RESULTS.all(conn)
    recorded = Counter(row.job_id for row in rows)
    retried = Counter(row.job_id for row in rows if row.return_code == RETRIED)
    # Failed jobs that the owner has reset are to run again, also those that were lost.
    repeated = recorded if events_of(conn, "workflow_reset") else retried
    claimed = Counter(row.job_id for row in _ATTEMPTS.all(conn))
    started = Counter(job_id for job_id, _ in {start[1:] for start in ledger.starts})
    said = Counter(data["job_id"] for data in events_of(conn, "job_started"))
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
            if planned[job_id].on_lost == "fail" and count > repeated[job_id] + 1
        ],
        "jobs that an older runner has adopted": [
            data["job_id"]
            for data in events_of(conn, "job_adopted")
            if data["compute_node_id"] < data["previous_node_id"]
        ],
    }


def registered_twice(conn: Connection, workflow_id: int, asked: int) -> list[str]:
    """Return how many runners are registered, if that is more than have asked for it."""
    [(nodes,)] = _NODES.all(conn, workflow_id=workflow_id)
    return [f"{nodes} instead of {asked}"] if nodes > asked else []


def events_of(conn: Connection, kind: str) -> list[Any]:
    """Return the contents of the events of a kind."""
    return [row.data for row in _EVENTS.all(conn, kind=kind)]
