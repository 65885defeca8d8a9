"""Outcomes of attempts, as stored in the database."""

from __future__ import annotations

from enum import StrEnum


class AttemptOutcome(StrEnum):
    """The outcome of an attempt; that of a completed one is the status of its job.

    An attempt without an end time is open. It has an outcome only when its runner is to stop it.
    """

    CANCEL_REQUESTED = "cancel"
    """Open: its runner has to be asked to stop it."""
    CANCELING = "canceling"
    """Open: its runner has been asked to stop it."""
    RELEASED = "released"
    """Returned unstarted."""
    GUARD_LOST = "guard_lost"
    """Released after its start, and recorded as lost: the guard that ran it was gone."""
    LOST = "lost"
    """Its runner or node is gone; a late report of its completion may still count."""
    LOST_FINALLY = "lost_finally"
    """The same, and by its policy or after too many losses its job was not ready again."""
    FENCED = "fenced"
    """Its late report was refused, and is kept as an event."""
    GIVEN_UP = "force_cleaned"
    """It ended without a report, and a later one is refused and kept.

    It was lost while it was to be stopped, or given up by a resume, a reset, or another client that
    says how its job ended.
    """
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    TERMINATED = "terminated"
    PENDING_FAILED = "pending_failed"


RELEASES = frozenset({AttemptOutcome.RELEASED, AttemptOutcome.GUARD_LOST})
"""Outcomes of attempts that were released: the job is ready again."""
RETURNABLE = frozenset({AttemptOutcome.LOST, AttemptOutcome.LOST_FINALLY})
"""Outcomes of attempts that are taken for lost, and may come back."""
UNREPORTED = RETURNABLE | {AttemptOutcome.GIVEN_UP}
"""Outcomes of attempts that ended without a report, which may still come."""
