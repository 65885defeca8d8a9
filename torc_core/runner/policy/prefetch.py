"""What to request, how many jobs to prefetch, and how long to batch completions. Pure.

A round trip costs more than a job of milliseconds: for these, completions are reported in batches
and some jobs are claimed ahead. For all others every completion is reported at once and nothing is
held that another runner, or a job of higher priority, could use.
"""

from __future__ import annotations

from torc_core.model.exchange import WorkRequest
from torc_core.model.workflow import Workflow
from torc_core.resources import Resources
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.resources.pool import as_resources

SHORT_S = 0.1
"""Mean run time below which jobs count as short."""
HOLD_S = 0.2
"""How long nothing may complete while prefetched jobs wait; then they are released, as those that
run are long."""
UNKNOWN_S = 1.0
"""Jobs count as long until a few dozen short ones have proved otherwise: prefetching jobs that turn
out long keeps them from other runners."""
BATCH_DELAY_S = 0.1
"""How long completions of short jobs wait for others while prefetched jobs are there to start. An
exchange costs server and runner 3 ms of CPU besides its jobs: with 0.05 s that is a fifth more per
job on a busy machine."""
POLL_DELAY_S = 0.02
"""How soon after an answer to send the next long poll while jobs run."""
ROUND_TRIP_S = 0.02
"""An exchange while server and runner are both busy on the same two cores."""
MAX_PREFETCH = 512
QUEUED_S = 0.2
"""How much work may wait at the guard behind one job: enough for the runner to wake only now and
then, and little enough to be spread evenly over the slots."""
MAX_QUEUED = 128
_WEIGHT = 0.1


class Prefetcher:
    """The mean run time of recent jobs, and what follows from it."""

    def __init__(self) -> None:
        self._mean_s = UNKNOWN_S

    def reset(self) -> None:
        """Forget recent jobs."""
        self._mean_s = UNKNOWN_S

    def add_run_time(self, run_time_s: float) -> None:
        """Take the run time of a completed job into account."""
        self._mean_s += _WEIGHT * (run_time_s - self._mean_s)

    @property
    def is_short(self) -> bool:
        """Whether recent jobs were short."""
        return self._mean_s < SHORT_S

    def prefetch_count(self, slots: int) -> int:
        """Return how many jobs should wait here to bridge two exchanges with `slots` at a time."""
        if not self.is_short:
            return 0
        bridged_s = 2 * (BATCH_DELAY_S + ROUND_TRIP_S)
        return min(int(slots * bridged_s / max(self._mean_s, 0.001)) + 1, MAX_PREFETCH)

    @property
    def queue_depth(self) -> int:
        """How many jobs may wait at the guard behind one that runs."""
        if not self.is_short:
            return 0
        return min(int(QUEUED_S / max(self._mean_s, 0.001)), MAX_QUEUED)

    def batch_delay_s(self, waiting: int) -> float:
        """Return how long a completion may wait for others while `waiting` jobs are queued here."""
        return BATCH_DELAY_S if waiting and self.is_short else 0.0


def poll_delay_s(running: int) -> float:
    """Return how long after an answer to send the next long poll.

    The server had no more a moment ago, and the completion of a short job sends a request anyway.
    """
    return POLL_DELAY_S if running else 0.0


def is_too_late(options: RunnerOptions, workflow: Workflow, remaining_s: float | None) -> bool:
    """Return whether no job is claimed any more, as too little time is left.

    Counting jobs ignores their runtimes, so nothing else keeps long ones off the last minutes.
    """
    counts = options.max_parallel_jobs is not None
    least_s = workflow.compute_node_min_time_for_new_jobs_seconds if counts else 0
    return remaining_s is not None and remaining_s < least_s


def build_work_request(
    free: Resources,
    free_slots: int,
    context: RunnerContext,
    options: RunnerOptions,
    *,
    remaining_s: float | None,
    prefetch: int,
) -> WorkRequest | None:
    """Return what could be claimed now; None when nothing fits.

    Args:
        free: What is free beyond the requirements of jobs that wait here.
        free_slots: How many more jobs may start.
        context: The whole node, and the workflow's settings.
        options: The runner's.
        remaining_s: Seconds until the runner shuts down; None for no limit.
        prefetch: How many jobs may wait here beyond those that can start.
    """
    max_jobs = max(free_slots, 0)
    is_over = is_too_late(options, context.workflow, remaining_s)
    if is_over or not (max_jobs or prefetch > 0):
        return None
    return WorkRequest(
        resources=as_resources(free, remaining_s, options.scheduler_config_id),
        max_jobs=max_jobs,
        by_resources=options.max_parallel_jobs is None,
        queue_ahead=max(prefetch, 0),
        node=as_resources(context.total, remaining_s, options.scheduler_config_id),
        sort_method=context.workflow.jobs_sort_method,
        strict_scheduler_match=options.strict_scheduler_match,
    )
