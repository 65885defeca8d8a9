"""Recoveries: what repaired a workflow, decided once and carried out by one holder at a time."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from torc_core.model.ids import RecoveryId, WorkflowId
from torc_core.model.wire import Wire, stated

HOLD_S = 60
"""How long a holder that says nothing keeps a recovery, in seconds of the server's clock."""
MAX_PLAN_BYTES = 2**23
"""The largest plan, as JSON."""


class RecoveryKind(StrEnum):
    """What a recovery does."""

    RECOVER = "recover"
    """It runs failed jobs again, with other requirements where that helps."""
    SCHEDULE = "schedule"
    """It requests nodes for jobs that are ready and have none."""


class RecoveryOutcome(StrEnum):
    """How a recovery ended."""

    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"
    """What it was for is over: another run has begun, or nothing is left to repair."""


class Recovery(Wire, frozen=True, kw_only=True):
    """The record of a recovery, made before its first step.

    A workflow has one unfinished recovery at a time, and one holder carries it out. When that
    dies, another takes it over and continues after the last finished step. Times are UTC, ISO 8601
    with milliseconds and Z.
    """

    id: RecoveryId | None = None
    workflow_id: WorkflowId
    kind: RecoveryKind
    run_id: int
    """The number of the workflow's run when it began."""
    number: int
    """From 1, among those of its kind in its run: of two that begin the same, one does."""
    plan: Any = None
    """What is to be done; at most 8 MiB of JSON, which the server does not look into."""
    holder: str
    """A name that who carries it out has made up."""
    step: str | None = None
    """The last step that was finished; null before that."""
    held_until: str | None = None
    """No other process can take it over before; its holder puts it off."""
    is_held: bool = stated(False)
    """Whether that is still to come, by the server's clock."""
    started_at: str | None = None
    ended_at: str | None = None
    outcome: RecoveryOutcome | None = None
    """Null until it has ended."""
    message: str | None = None
    """What there is to say of it, such as why it failed."""


class RecoveryPatch(Wire, frozen=True, kw_only=True):
    """What the holder of a recovery reports; with an outcome it has ended."""

    holder: str
    step: str | None = None
    outcome: RecoveryOutcome | None = None
    message: str | None = None
    is_released: bool = False
    """It was interrupted: another may take the recovery over at once."""


class RecoveryHold(Wire, frozen=True, kw_only=True):
    """A request to hold a recovery: to continue what another has left, or to keep one's own."""

    holder: str
