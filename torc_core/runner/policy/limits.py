"""How long a runner stays: without work, without a server, and at all."""

from __future__ import annotations

from typing import NamedTuple

from torc_core.model.workflow import Workflow
from torc_core.runner.policy.options import RunnerOptions


class IdleLimits(NamedTuple):
    """How long a runner stays, in seconds."""

    idle_s: float
    """Without anything to run."""
    server_s: float
    """Without a server and without a report to make."""
    untold_s: float
    """After its jobs were stopped, to tell how they ended."""


def patience(options: RunnerOptions, workflow: Workflow) -> IdleLimits:
    """Return how long to stay: as told, else as the workflow says."""
    idle_s = options.wait_for_new_jobs_s
    if idle_s is None:
        idle_s = workflow.compute_node_wait_for_new_jobs_seconds
    server_s = options.wait_for_server_s
    if server_s is None:
        server_s = workflow.compute_node_wait_for_healthy_database_minutes * 60
    return IdleLimits(idle_s, server_s, options.grace_s)


def stop_deadline(
    options: RunnerOptions, workflow: Workflow, now: float, wall: float
) -> float | None:
    """Return when the runner must leave, on the monotonic clock; None for never.

    Args:
        options: `time_limit_s` is the runner's own choice and taken as it is; before `end_time`
            somebody else ends the machine, so there the workflow's buffer is kept.
        workflow: Says how large the buffer is.
        now: The monotonic clock.
        wall: Seconds since 1970 at the same moment.
    """
    ends = []
    if options.time_limit_s is not None:
        ends.append(now + options.time_limit_s)
    if options.end_time is not None:
        buffer_s = workflow.compute_node_expiration_buffer_seconds
        ends.append(now + options.end_time - wall - buffer_s)
    return min(ends, default=None)
