"""Events are written in the transaction of what they tell, and wake whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from torc_core.model.event import EVENT_SEVERITY, Severity
from torc_server.storage import tables
from torc_server.storage.notify import TOUCHED, runners_of
from torc_server.storage.statements import Prepared

_INSERT = Prepared(
    tables.event.insert(), "workflow_id", "timestamp", "event_type", "severity", "data"
)

Happened = tuple[str, dict[str, Any]]
"""The type of an event and its data."""


def record(
    conn: Connection, workflow_id: int, event_type: str, data: dict[str, Any], *, now_ms: int
) -> None:
    """Write an event and wake whoever waits for the workflow."""
    record_many(conn, workflow_id, [(event_type, data)], now_ms=now_ms)


def record_many(
    conn: Connection,
    workflow_id: int,
    happened: Iterable[Happened],
    *,
    now_ms: int,
    concerns_runners: bool = True,
) -> None:
    """Write events of one workflow in their order, and wake whoever waits for it.

    Waiting runners may be many and jobs end often, so they are left asleep when nothing in it can
    concern them.
    """
    rows = [
        {
            "workflow_id": workflow_id,
            "timestamp": now_ms,
            "event_type": event_type,
            "severity": EVENT_SEVERITY.get(event_type, Severity.INFO).rank,
            "data": data,
        }
        for event_type, data in happened
    ]
    _INSERT.run_each(conn, rows)
    touch(conn, workflow_id, concerns_runners=concerns_runners)


def touch(conn: Connection, workflow_id: int, *, concerns_runners: bool = True) -> None:
    """Have whoever waits for the workflow woken once this transaction is committed."""
    touched = conn.info.setdefault(TOUCHED, set())
    touched.add(workflow_id)
    if concerns_runners:
        touched.add(runners_of(workflow_id))
