"""The timers of a runner: what it has to do and when. Pure: the time is an argument."""

from __future__ import annotations

import heapq
from enum import IntEnum, auto
from typing import NamedTuple

from torc_core.model.ids import JobId


class TimerKind(IntEnum):
    """What to do when a timer expires; an integer, since it is hashed for every job."""

    EXCHANGE = auto()
    """Send an exchange request."""
    SAMPLE = auto()
    """Sample the memory and CPU of running jobs."""
    PROGRESS = auto()
    """Report progress to the caller."""
    JOB_RUNTIME = auto()
    """Stop a job that exceeds its runtime."""
    SIGNALED = auto()
    """Believe that a job which was ended by a signal was not ended together with the runner."""
    OUTPUTS = auto()
    """Look again for output files of a job that has ended."""
    RUNNER_TIME = auto()
    """Shut down: the runner's own time is over."""
    LAST_CLAIM = auto()
    """Look whether to stay: from now on no job is claimed."""
    IDLE = auto()
    """Shut down: there was no work for too long."""
    NO_SERVER = auto()
    """Shut down: there was no work and no server for too long."""
    FINAL_REPORT = auto()
    """Shut down: the jobs were stopped, and the server does not acknowledge the report."""
    RELEASE_PREFETCHED = auto()
    """Release prefetched jobs that have waited here for too long."""
    ACTIONS = auto()
    """Look again for actions to execute."""
    KILL_ACTION = auto()
    """Kill the command of an action whose grace period is over."""
    HEARTBEAT = auto()
    """Report that the runner is alive, although it has nothing to report."""


class Timer(NamedTuple):
    """A timer of one job, or of the runner."""

    kind: TimerKind
    job_id: JobId = JobId(0)


class Timers:
    """At most one expiry per timer, in seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._expiry: dict[Timer, float] = {}
        self._heap: list[tuple[float, int, Timer]] = []
        """Holds expiries that were replaced or cleared as well; they are skipped."""
        self._count = 0
        """Keeps timers with the same expiry in the order in which they were set."""

    def __contains__(self, timer: Timer) -> bool:
        return timer in self._expiry

    def set(self, timer: Timer, expiry: float) -> None:
        """Let a timer expire at `expiry`, in place of its earlier setting."""
        self._expiry[timer] = expiry
        self._count += 1
        heapq.heappush(self._heap, (expiry, self._count, timer))

    def set_earlier(self, timer: Timer, expiry: float) -> None:
        """Let a timer expire at `expiry`, unless it expires earlier anyway."""
        if expiry < self._expiry.get(timer, float("inf")):
            self.set(timer, expiry)

    def clear(self, timer: Timer) -> None:
        """Forget a timer; one that is not set is no error."""
        self._expiry.pop(timer, None)

    def pop_expired(self, now: float) -> list[Timer]:
        """Remove and return the timers that have expired, earliest first."""
        expired: list[Timer] = []
        while self._heap and self._heap[0][0] <= now:
            expiry, _, timer = heapq.heappop(self._heap)
            if self._expiry.get(timer) == expiry:
                del self._expiry[timer]
                expired.append(timer)
        return expired

    def delay_s(self, now: float) -> float | None:
        """Return the seconds until the next timer expires, or None when none is set."""
        while self._heap and self._expiry.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return max(self._heap[0][0] - now, 0.0) if self._heap else None
