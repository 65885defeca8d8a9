"""When to refresh: soon after an event, at an interval, and never too often."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual.screen import Screen
from textual.timer import Timer

LEAST_PAUSE_S = 0.4
"""The least time between two refreshes because of events."""
INTERVALS_S = (5, 30, 0)
"""Between refreshes without events, in the order of the key `A`; 0 for never."""


class Refresher:
    """Schedules refreshes.

    Args:
        screen: Lends its timers.
        refresh: Asks the server for everything in sight.
    """

    def __init__(self, screen: Screen[None], refresh: Callable[[], None]) -> None:
        self._screen = screen
        self._refresh = refresh
        self._soon_timer: Timer | None = None
        self._interval_timer: Timer | None = None
        self._next_refresh = 0.0
        self.interval_s = 0
        """Seconds between refreshes without events; 0 for never."""

    def refresh_now(self) -> None:
        """Refresh, instead of the one that is pending."""
        if self._soon_timer is not None:
            self._soon_timer.stop()
            self._soon_timer = None
        self._next_refresh = monotonic() + LEAST_PAUSE_S
        self._refresh()

    def refresh_soon(self) -> None:
        """Refresh when the pause is over; all that happens until then is one refresh."""
        if self._soon_timer is None and self._screen.is_mounted:
            pause_s = max(0.01, self._next_refresh - monotonic())
            self._soon_timer = self._screen.set_timer(pause_s, self.refresh_now)

    def refresh_every(self, seconds: int) -> None:
        """Refresh at this interval from now on; 0 for never."""
        if self._interval_timer is not None:
            self._interval_timer.stop()
        self.interval_s = seconds
        self._interval_timer = (
            self._screen.set_interval(seconds, self.refresh_soon) if seconds else None
        )

    def next_interval(self) -> None:
        """Go to the next of the intervals."""
        at = INTERVALS_S.index(self.interval_s) + 1
        self.refresh_every(INTERVALS_S[at % len(INTERVALS_S)])
