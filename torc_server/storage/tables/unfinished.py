"""Long work on a workflow that is done in slices, each a transaction."""

from __future__ import annotations

from typing import Any

from torc_core.model.ids import WorkflowId
from torc_server.storage.tables.columns import Row, json, reference, text, wide


class UnfinishedWorkRow(Row, table=True):
    """What was decided for a workflow and is not carried out yet.

    The row is written before the work and goes with its last slice. Meanwhile it reserves the
    workflow, and a server finds what another one has left.
    """

    __tablename__ = "unfinished_work"

    workflow_id: WorkflowId = reference("workflow.id", primary_key=True)
    kind: str = text()
    """See `storage.long_work.unfinished.WorkKind`."""
    data: Any = json()
    """What is needed to go on."""
    holder: int | None = wide(nullable=True)
    """Who does it, see `storage.long_work.holders`; null: the server that did it has stopped."""
