"""What to ask the server for, how far to work ahead of it, and how long to collect ends. Pure.

For jobs of milliseconds a round trip costs more than the job: then ends are reported in batches
and some jobs wait at the runner. For all others every end is reported at once and nothing is held
that another runner, or a job of higher priority, could use.
"""

from __future__ import annotations

from torc_core.model.exchange import WorkRequest
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.resource_pool import Resources, as_resources

SHORT_S = 0.1
"""Mean run time below which jobs count as short."""
HOLD_S = 0.2
"""How long nothing may end while jobs wait here; then they are given back, as what runs is long."""
UNKNOWN_S = 1.0
"""Jobs count as long until a few dozen short ones have proved otherwise: holding jobs that turn out
long keeps them from other runners."""
LINGER_S = 0.05
"""How long ends of short jobs wait for company while others are at hand to start. Measured: server
and runner spend 0.62 ms of CPU per job, and 0.84 ms with 0.02 s."""
PAUSE_S = 0.02
"""How soon after an answer to ask anew while jobs run."""
ROUND_TRIP_S = 0.02
"""A turn with the server while both are busy on the same two cores."""
MAX_AHEAD = 256
_WEIGHT = 0.1


class Prefetcher:
    """The mean run time of recent jobs, and what follows from it."""

    def __init__(self) -> None:
        self._mean_s = UNKNOWN_S

    def start_over(self) -> None:
        """Forget what recent jobs were like."""
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
        """Return how long to wait before asking anew after an answer.

        There was no more a moment ago, and the end of a job that turns out short soon asks as well.
        """
        return PAUSE_S if running else 0.0


def ask(
    unspoken_for: tuple[Resources, int],
    station: RunnerContext,
    options: RunnerOptions,
    *,
    remaining_s: float | None,
    ahead: int,
) -> WorkRequest | None:
    """Return what could be taken now; None when there is no room.

    Args:
        unspoken_for: Free resources, and how many jobs may start.
        station: The whole node, and the workflow's settings.
        options: The runner's.
        remaining_s: Seconds until the runner leaves; None for no end.
        ahead: How many jobs may wait here beyond those that can start.
    """
    free, max_jobs = (unspoken_for[0], max(unspoken_for[1], 0))
    by_resources = options.max_parallel_jobs is None
    # Counting does not look at runtimes, so nothing else keeps long jobs off the last minutes.
    least_s = 0 if by_resources else station.workflow.compute_node_min_time_for_new_jobs_seconds
    is_too_late = remaining_s is not None and remaining_s < least_s
    if is_too_late or not (max_jobs or ahead > 0):
        return None
    return WorkRequest(
        resources=as_resources(free, remaining_s, options.scheduler_config_id),
        max_jobs=max_jobs,
        by_resources=by_resources,
        queue_ahead=max(ahead, 0),
        node=as_resources(station.total, remaining_s, options.scheduler_config_id),
        sort_method=station.workflow.jobs_sort_method,
        strict_scheduler_match=options.strict_scheduler_match,
    )
