"""Provenance: the entities of a workflow's RO-Crate."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from torc_core.model.ids import FileId, WorkflowId
from torc_core.model.wire import Wire


class RoCrateEntity(Wire, frozen=True, kw_only=True):
    """One entity of a workflow's RO-Crate. The server does not interpret its content."""

    id: int | None = None
    workflow_id: WorkflowId
    entity_id: str
    """Its `@id`: a path or an address, unique in the workflow."""
    entity_type: str
    """Its `@type`, such as `File`."""
    file_id: FileId | None = None
    """The file of the workflow that it describes; absent after that file was deleted."""
    metadata: dict[str, Any]
    """Its properties, as JSON-LD."""


class RoCrateEntityPatch(Wire, frozen=True, kw_only=True):
    """The fields of an entity to change; null clears those that may be empty."""

    entity_id: str | None = None
    entity_type: str | None = None
    file_id: FileId | UnsetType | None = UNSET
    metadata: dict[str, Any] | None = None
