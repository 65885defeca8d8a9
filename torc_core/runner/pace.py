"""How far to work ahead of the server, and how long to collect ends. Pure.

For jobs of milliseconds a round trip costs more than the job: then ends are reported in batches
and some jobs wait at the runner. For all others every end is reported at once and nothing is held
that another runner, or a job of higher priority, could use.
"""

from __future__ import annotations

SHORT_S = 0.1
"""Mean run time below which jobs count as short."""
UNKNOWN_S = 1.0
"""Jobs count as long until a few dozen short ones have proved otherwise: holding jobs that turn out
long keeps them from other runners."""
LINGER_S = 0.02
"""How long ends of short jobs wait for company. So a server spends a quarter of the CPU per job
that single reports cost; longer brings nothing."""
ROUND_TRIP_S = 0.02
"""A turn with the server while both are busy on the same two cores."""
MAX_AHEAD = 256
_WEIGHT = 0.1


class Pace:
    """The mean run time of recent jobs, and what follows from it."""

    def __init__(self) -> None:
        self._mean_s = UNKNOWN_S

    def note(self, run_time_s: float) -> None:
        """Take in the run time of an ended job."""
        self._mean_s += _WEIGHT * (run_time_s - self._mean_s)

    @property
    def is_short(self) -> bool:
        """Whether recent jobs were short."""
        return self._mean_s < SHORT_S

    def ahead(self, slots: int) -> int:
        """Return how many jobs should wait here to bridge two turns with `slots` jobs at a time."""
        if not self.is_short:
            return 0
        bridged_s = 2 * (LINGER_S + ROUND_TRIP_S)
        return min(int(slots * bridged_s / max(self._mean_s, 0.001)) + 1, MAX_AHEAD)

    def linger_s(self, waiting: int) -> float:
        """Return how long an end may wait for others when `waiting` jobs stand in the queue."""
        return LINGER_S if waiting and self.is_short else 0.0

    def pause_s(self, running: int) -> float:
        """Return how long to wait before asking anew after an answer: there was no more a moment
        ago, and the end of a job that turns out short soon asks as well."""
        return LINGER_S if running else 0.0
