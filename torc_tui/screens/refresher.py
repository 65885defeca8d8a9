"""When to refresh: soon after an event, at an interval, and never too often."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic

from textual.screen import Screen
from textual.timer import Timer

from torc_tui.driver.line_speed import LineSpeed

INTERVALS_S = (5, 30, 0)
"""Between refreshes without events, in the order of the key `A`; 0 for never."""
SPARED = "-spared"
"""The class of a screen on a slow line."""
_REST = 4
"""The least pause between two refreshes, as a multiple of the time in which the server counts the
jobs: of a million that is a while, and it shall not do only that."""


class Refresher:
    """Schedules refreshes.

    Args:
        screen: Lends its timers.
        refresh: Asks the server for everything in sight.
        line: Says how often.
        took_s: Says how long the server took to count the jobs.
    """

    def __init__(
        self,
        screen: Screen[None],
        refresh: Callable[[], None],
        line: LineSpeed,
        took_s: Callable[[], float],
    ) -> None:
        self._screen = screen
        self._refresh = refresh
        self.line = line
        self._took_s = took_s
        self._soon_timer: Timer | None = None
        self._interval_timer: Timer | None = None
        self._last_refresh = -inf
        self.chosen_s = 0
        """The interval that the user has chosen."""
        self.interval_s = 0
        """Seconds between refreshes without events; 0 for never."""

    def refresh_now(self) -> None:
        """Refresh, instead of the one that is pending."""
        if self._soon_timer is not None:
            self._soon_timer.stop()
            self._soon_timer = None
        self.keep_pace()
        self._last_refresh = monotonic()
        self._refresh()

    def refresh_soon(self) -> None:
        """Refresh when the pause is over; all that happens until then is one refresh."""
        if self._soon_timer is None and self._screen.is_mounted:
            next_refresh = self._last_refresh + max(
                self.line.pace.least_pause_s, _REST * self._took_s()
            )
            pause_s = max(0.01, next_refresh - monotonic())
            self._soon_timer = self._screen.set_timer(pause_s, self.refresh_now)

    def refresh_every(self, seconds: int) -> None:
        """Refresh at this interval from now on, or a longer one on a slow line; 0 for never."""
        self.chosen_s = seconds
        self.interval_s = max(seconds, self.line.pace.least_interval_s) if seconds else 0
        if self._interval_timer is not None:
            self._interval_timer.stop()
        self._interval_timer = (
            self._screen.set_interval(self.interval_s, self.refresh_soon) if seconds else None
        )

    def keep_pace(self) -> None:
        """Spare a slow line, and only that."""
        was_spared = self._screen.has_class(SPARED)
        self.line.look()
        if self.line.is_spared != was_spared:
            self._screen.set_class(self.line.is_spared, SPARED)
            self.refresh_every(self.chosen_s)

    def next_interval(self) -> None:
        """Go to the next of the intervals."""
        at = INTERVALS_S.index(self.chosen_s) + 1
        self.refresh_every(INTERVALS_S[at % len(INTERVALS_S)])
