"""When to read all jobs of a workflow again: less often the longer it takes. Pure."""

from __future__ import annotations

from torc_core.model.status import ACTIVE
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import count

_REST, _LONG_REST = 5, 20
"""Pause after a reading, as a multiple of its time: with what needs it in sight, and else."""
_LEAST_PAUSE_S = 2.0
_REPEAT_S = 30.0
"""After so long the time left of what runs is worked out again, even if no job has changed."""


class Pace:
    """Decides for one workflow; times are seconds of a steady clock."""

    def __init__(self) -> None:
        self._seen: object = None
        self._began: float | None = None
        self._ended = float("-inf")
        self._took_s = 0.0

    def begins(self, status: WorkflowStatus, now: float, is_needed: bool) -> bool:
        """Return whether to read now; then a reading begins.

        Args:
            status: The present status of the workflow.
            now: The present moment.
            is_needed: What shows every job is in sight; else it is for the time left alone.
        """
        counts = status.jobs_by_status or {}
        is_active = count(counts, ACTIVE) > 0
        if self._began is not None or not (is_needed or is_active):
            return False
        if self.pause_s(now, is_needed) > 0:
            return False
        seen = (status.run_id, counts)
        # A server that does not count jobs leaves only one way to know: to look.
        if counts and seen == self._seen and not (is_active and now - self._ended >= _REPEAT_S):
            return False
        self._seen, self._began = seen, now
        return True

    def pause_s(self, now: float, is_needed: bool) -> float:
        """Return for how long nothing is read."""
        rest = (_REST if is_needed else _LONG_REST) * self._took_s
        return max(rest, _LEAST_PAUSE_S) - (now - self._ended)

    def ended(self, now: float, *, is_answered: bool) -> None:
        """Note the end of a reading."""
        assert self._began is not None
        self._took_s, self._ended, self._began = now - self._began, now, None
        if not is_answered:
            self._seen = None

    def forget(self) -> None:
        """Read at the next occasion, whether or not something has changed."""
        self._seen, self._ended = None, float("-inf")
