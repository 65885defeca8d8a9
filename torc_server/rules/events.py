"""Recording events, in the transaction of what happened; the commit wakes those who wait."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from torc_core.model.events.record import EventRecord
from torc_core.model.ids import WorkflowId
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import check_free
from torc_server.storage.notify import CHANGED_TOPICS, runner_topic
from torc_server.storage.statements import Prepared

_INSERT = Prepared(
    tables.event.insert(), "workflow_id", "timestamp", "event_type", "severity", "data"
)


def record(conn: Connection, workflow_id: WorkflowId, event: EventRecord, *, now_ms: int) -> None:
    """Record an event, and wake all that wait for the workflow."""
    record_many(conn, workflow_id, [event], now_ms=now_ms)


def record_many(
    conn: Connection,
    workflow_id: WorkflowId,
    events: Iterable[EventRecord],
    *,
    now_ms: int,
    concerns_runners: bool = True,
) -> None:
    """Record events of one workflow in their order, and wake all that wait for it.

    Waiting runners may be many and jobs complete often, so runners are left asleep when none of
    the events can concern them.
    """
    rows = [
        {
            "workflow_id": workflow_id,
            "timestamp": now_ms,
            "event_type": event.event_type,
            "severity": event.severity.rank,
            "data": msgspec.to_builtins(event),
        }
        for event in events
    ]
    _INSERT.run_each(conn, rows)
    touch(conn, workflow_id, concerns_runners=concerns_runners)


def touch(conn: Connection, workflow_id: WorkflowId, *, concerns_runners: bool = True) -> None:
    """Have all that wait for the workflow woken once this transaction is committed.

    Raises:
        ReservedError: Long work is being done on the workflow; the request is to be repeated.
    """
    check_free(conn, workflow_id)
    touched = conn.info.setdefault(CHANGED_TOPICS, set())
    touched.add(workflow_id)
    if concerns_runners:
        touched.add(runner_topic(workflow_id))
