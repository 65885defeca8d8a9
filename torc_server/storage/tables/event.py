"""Events: what happened, in the order in which it was committed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlmodel import SQLModel

from torc_core.model.ids import EventId, WorkflowId
from torc_server.storage.tables.columns import NUMBERED, json, key, reference, text, wide


class EventRow(SQLModel, table=True):
    """A change of state, or something that a client wrote down.

    Ids grow with the order of commits, as one writer gives them: a reader that has seen an id has
    seen every smaller one.
    """

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_workflow", "workflow_id", "id"), NUMBERED)

    id: EventId = key()
    workflow_id: WorkflowId = reference("workflow.id")
    timestamp: int = wide()
    event_type: str = text()
    severity: int
    data: Any = json()
