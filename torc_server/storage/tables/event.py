"""Events: what happened, in the order in which it was committed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index

from torc_core.model.events.event import EventType
from torc_core.model.ids import EventId, WorkflowId
from torc_server.storage.tables.columns import NUMBERED, Row, json, key, only, reference, text, wide

OF_EACH_JOB = (EventType.JOB_READY, EventType.JOB_STARTED, EventType.JOB_COMPLETED)
"""Types that nearly all events of a large workflow have."""
_NAMES = ", ".join(f"'{each}'" for each in OF_EACH_JOB)
IS_RARE = f"(event_type NOT IN ({_NAMES}) OR CAST(data AS TEXT) LIKE '%\"category\"%')"
"""The condition of events of other types, and of those that name a category."""


class EventRow(Row, table=True):
    """A change of state, or something that a client wrote down.

    Ids grow with the order of commits, as one writer gives them: a reader that has seen an id has
    seen every smaller one.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_workflow", "workflow_id", "id"),
        Index(  # a query has to state its condition in the same words
            "ix_event_rare",
            "workflow_id",
            "id",
            **only(IS_RARE),
        ),
        NUMBERED,
    )

    id: EventId = key()
    workflow_id: WorkflowId = reference("workflow.id")
    timestamp: int = wide()
    event_type: str = text()
    severity: int = wide()
    data: Any = json()
