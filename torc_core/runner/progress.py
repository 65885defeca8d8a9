"""Reports the progress of a runner to its caller, a few times per second at most."""

from __future__ import annotations

from collections.abc import Callable

from torc_core.clock import Clock
from torc_core.runner.policy.summary import Progress
from torc_core.runner.policy.timers import Timer, TimerKind, Timers

PROGRESS_S = 0.25
"""The least time between two reports."""


class ProgressReporter:
    """Calls back when progress has changed.

    Args:
        callback: Called in the runner's thread; None for no reports.
        measure: Returns how far the runner is.
        timers: Where the next report is scheduled.
        clock: The time.
    """

    def __init__(
        self,
        callback: Callable[[Progress], None] | None,
        measure: Callable[[], Progress],
        timers: Timers,
        clock: Clock,
    ) -> None:
        self._callback = callback
        self._measure = measure
        self._timers = timers
        self._clock = clock
        self._last: Progress | None = None

    def schedule(self) -> None:
        """Schedule a report if there is progress that was not reported."""
        if self._callback is not None and self._measure() != self._last:
            expiry = self._clock.monotonic() + PROGRESS_S
            self._timers.set_earlier(Timer(TimerKind.PROGRESS), expiry)

    def report(self) -> None:
        """Report now."""
        if self._callback is not None:
            self._last = self._measure()
            self._callback(self._last)
