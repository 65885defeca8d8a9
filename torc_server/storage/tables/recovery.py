"""Recoveries: what repaired a workflow."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index

from torc_core.model.ids import RecoveryId, WorkflowId
from torc_server.storage.tables.columns import NUMBERED, Row, json, key, only, reference, text, wide


class RecoveryRow(Row, table=True):
    """One recovery, and who carries it out."""

    __tablename__ = "recovery"
    __table_args__ = (
        Index("ux_recovery_number", "workflow_id", "run_id", "kind", "number", unique=True),
        Index(
            "ux_recovery_unfinished",
            "workflow_id",
            unique=True,
            **only("ended_at IS NULL"),
        ),
        NUMBERED,
    )

    id: RecoveryId = key()
    workflow_id: WorkflowId = reference("workflow.id")
    kind: str = text()
    """A `RecoveryKind`."""
    run_id: int = wide()
    number: int = wide()
    plan: Any = json()
    holder: str = text()
    held_until: int = wide()
    step: str | None = text(nullable=True)
    started_at: int = wide()
    ended_at: int | None = wide(nullable=True)
    outcome: str | None = text(nullable=True)
    """A `RecoveryOutcome`."""
    message: str | None = text(nullable=True)
