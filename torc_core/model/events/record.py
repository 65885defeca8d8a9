"""What every event of the server has."""

from __future__ import annotations

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
        return self.sentence.format_map(msgspec.structs.asdict(self))
