"""What to ask the server for, given what is free. Pure."""

from __future__ import annotations

from torc_core.model.exchange import WorkRequest
from torc_core.runner.ledger import Amount, as_resources
from torc_core.runner.options import RunnerOptions
from torc_core.runner.station import Station


def ask(
    unspoken_for: tuple[Amount, int],
    station: Station,
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
