"""How often Slurm may be asked: all its users share one controller. Pure; times are monotonic."""

from __future__ import annotations

from collections import deque

CALLS_PER_MINUTE = 12
"""Of a process for which nothing else is set."""
_WINDOW_S = 60.0
_FIRST_DELAY_S, _LAST_DELAY_S = 20.0, 60.0
"""What has happened meanwhile is seen within the last one, however long the outage was."""


class Budget:
    """Calls of the last minute, how many there may be, and pauses after failures.

    Args:
        calls_per_minute: At least 1.
    """

    def __init__(self, calls_per_minute: int = CALLS_PER_MINUTE) -> None:
        self.calls_per_minute = max(calls_per_minute, 1)
        self._calls: deque[float] = deque()
        self._failures = 0
        self._paused_until = 0.0

    def record(self, now: float) -> None:
        """Note that a program was called."""
        self._calls.append(now)
        self._forget(now)

    def used(self, now: float) -> int:
        """Return the number of calls of the last minute."""
        self._forget(now)
        return len(self._calls)

    def failed(self, now: float) -> None:
        """Note that Slurm did not answer: the pause before the next call doubles each time."""
        delay = min(_FIRST_DELAY_S * 2.0 ** min(self._failures, 16), _LAST_DELAY_S)
        self._failures += 1
        self._paused_until = now + delay

    def answered(self) -> None:
        """Note that Slurm answered."""
        self._failures = 0
        self._paused_until = 0.0

    def next_call(self, now: float, calls: int = 1) -> float:
        """Return from when on so many calls may be made; not later than `now` if at once.

        Args:
            now: The present moment.
            calls: At a time. More than fit into a minute may be made once in a minute.
        """
        self._forget(now)
        beyond = len(self._calls) + calls - self.calls_per_minute
        free = now
        if beyond > 0 and self._calls:
            free = self._calls[min(beyond, len(self._calls)) - 1] + _WINDOW_S
        return max(free, self._paused_until)

    def interval_s(self, calls: int) -> float:
        """Return the time from one look to the next, of so many calls each, spread evenly."""
        return _WINDOW_S * calls / self.calls_per_minute

    def _forget(self, now: float) -> None:
        while self._calls and self._calls[0] + _WINDOW_S <= now:
            self._calls.popleft()
