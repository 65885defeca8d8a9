"""The deadlines of a runner: what falls due when. Pure: the clock is an argument."""

from __future__ import annotations

import heapq
from enum import IntEnum, auto
from typing import NamedTuple


class TimerKind(IntEnum):
    """What is to be done at a deadline; an integer, since it is hashed for every job."""

    TALK = auto()
    """Take a turn with the server."""
    SAMPLE = auto()
    """Look at the memory and CPU of running jobs."""
    PROGRESS = auto()
    """Tell whoever listens how far things are."""
    KILL = auto()
    """End a job that did not leave when asked."""
    OUT_OF_TIME = auto()
    """End a job that exceeds its runtime."""
    RUNNER_ENDS = auto()
    """The runner's own time is over."""
    IDLE = auto()
    """There was nothing to do for too long."""
    NO_SERVER = auto()
    """There was nothing to do and no server for too long."""
    PATIENCE = auto()
    """All jobs have ended, but nobody takes the report."""
    GIVE_BACK = auto()
    """Jobs have waited here for their turn for too long."""
    ACTIONS = auto()
    """Look again for actions to execute."""


class Timer(NamedTuple):
    """A deadline, of one job or of the runner."""

    what: TimerKind
    job_id: int = 0


class Timers:
    """At most one moment for each, in seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._when: dict[Timer, float] = {}
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = 0

    def __contains__(self, due: Timer) -> bool:
        return due in self._when

    def set(self, due: Timer, when: float) -> None:
        """Let something fall due at `when`, in place of its earlier moment."""
        self._when[due] = when
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, due))

    def set_earlier(self, due: Timer, when: float) -> None:
        """Let something fall due at `when`, unless it does so earlier anyway."""
        if when < self._when.get(due, float("inf")):
            self.set(due, when)

    def clear(self, due: Timer) -> None:
        """Forget a deadline; nothing happens when there is none."""
        self._when.pop(due, None)

    def pop_due(self, now: float) -> list[Timer]:
        """Take out and return those whose moment has come, earliest first."""
        popped: list[Timer] = []
        while self._heap and self._heap[0][0] <= now:
            when, _, due = heapq.heappop(self._heap)
            if self._when.get(due) == when:
                del self._when[due]
                popped.append(due)
        return popped

    def wait(self, now: float) -> float | None:
        """Return the seconds until something falls due, or None when nothing will."""
        while self._heap and self._when.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return max(self._heap[0][0] - now, 0.0) if self._heap else None
