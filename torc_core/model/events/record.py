"""What every event of the server has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from torc_core.model.events.event import EventType, Severity


class EventRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of one event; fields that are None by default are left out when they are."""

    event_type: ClassVar[EventType]
    severity: ClassVar[Severity] = Severity.INFO
    sentence: ClassVar[str]
    """What happened, with names of fields in braces."""

    def __str__(self) -> str:
        return self.said({})

    def said(self, nodes: Mapping[int, str]) -> str:
        """Return what happened.

        Args:
            nodes: Names of nodes by their ids, as far as they are known.
        """
        values = msgspec.structs.asdict(self)
        node_id = values.get("compute_node_id")
        if node_id is not None and "hostname" not in values:
            values["compute_node_id"] = node_words(node_id, nodes)
        return self.sentence.format_map(values)


def node_words(node_id: int, nodes: Mapping[int, str]) -> str:
    """Return a node by its name and id, such as "node001 (3)", or by its id alone."""
    name = nodes.get(node_id)
    return f"{name} ({node_id})" if name else str(node_id)
