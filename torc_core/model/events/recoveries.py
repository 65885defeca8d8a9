"""Events of recoveries: one class for each, with the data that it carries."""

from __future__ import annotations

from collections.abc import Mapping

from torc_core.model.events.event import EventType, Severity
from torc_core.model.events.record import EventRecord
from torc_core.model.ids import RecoveryId


class _Recovery(EventRecord, frozen=True, kw_only=True):
    recovery_id: RecoveryId
    kind: str
    run_id: int
    number: int
    holder: str


class RecoveryStarted(_Recovery, frozen=True, kw_only=True):
    """A recovery began."""

    event_type = EventType.RECOVERY_STARTED
    sentence = "Recovery {number} of run {run_id} began ({kind})."


class RecoveryStep(_Recovery, frozen=True, kw_only=True):
    """A recovery finished a step."""

    event_type = EventType.RECOVERY_STEP
    severity = Severity.DEBUG

    step: str
    message: str | None = None

    def said(self, _nodes: Mapping[int, str]) -> str:
        """Return what happened."""
        done = f"Recovery {self.number} of run {self.run_id}: {self.step} finished"
        return f"{done}; {self.message}" if self.message else f"{done}."


class RecoveryTakenOver(_Recovery, frozen=True, kw_only=True):
    """Another continues a recovery, as its holder has said nothing for too long."""

    event_type = EventType.RECOVERY_TAKEN_OVER
    severity = Severity.WARNING
    sentence = (
        "Recovery {number} of run {run_id} continues with {holder}, after the silence of "
        "{previous_holder}."
    )

    previous_holder: str
    step: str | None
    """The last step that was finished."""


class RecoveryEnded(_Recovery, frozen=True, kw_only=True):
    """A recovery ended."""

    event_type = EventType.RECOVERY_ENDED

    outcome: str
    message: str | None = None

    def said(self, _nodes: Mapping[int, str]) -> str:
        """Return what happened."""
        ended = f"Recovery {self.number} of run {self.run_id}: {self.outcome} ({self.kind})"
        return f"{ended}; {self.message}" if self.message else f"{ended}."
