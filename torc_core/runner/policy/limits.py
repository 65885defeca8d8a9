"""Limits in time and memory: how long a runner stays, and which jobs have limits of their own."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from torc_core.model.exchange import ClaimedJob
from torc_core.model.execution import ExecutionConfig, stored_execution_config
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.summary import OverLimit
from torc_core.units import format_bytes, format_seconds

CARETAKER_S = 3600.0
"""How long a caretaker waits for a server that does not answer, once all jobs have ended. What it
has to report is kept on this machine, for the next runner that a user starts."""
LAST_ANSWERS_S = 60.0
"""How long a runner that has reported everything waits for a server that does not answer: it asks
how the workflow stands, and has its node and its run recorded as ended."""
_DEFAULT_REQUIREMENTS = (2**20, 60)
"""Memory in bytes and runtime in seconds of jobs that state no requirements."""
_SLURMS_SECOND_S = 1.0
"""Slurm counts whole seconds, so it may find a time over that much earlier."""


class IdleLimits(NamedTuple):
    """How long a runner stays, in seconds."""

    no_work_s: float
    """Without anything to run."""
    no_server_s: float
    """Without a server, while it has nothing to run and nothing to report."""
    leaves_reports: bool
    """The same holds while it has something to report."""
    final_report_s: float
    """After its jobs were stopped, until the server acknowledges their results."""


def idle_limits(options: RunnerOptions, workflow: Workflow) -> IdleLimits:
    """Return how long to stay; options win over the workflow's settings."""
    no_work_s = options.wait_for_new_jobs_s
    if no_work_s is None:
        no_work_s = workflow.compute_node_wait_for_new_jobs_seconds
    no_server_s = options.wait_for_server_s
    if no_server_s is None:
        no_server_s = workflow.compute_node_wait_for_healthy_database_minutes * 60
    if options.cares:
        no_server_s = CARETAKER_S
    return IdleLimits(no_work_s, no_server_s, options.cares, options.final_report_s)


def first_answer_s(options: RunnerOptions) -> float:
    """Return how long a runner that starts waits for a server that does not answer.

    What the workflow says of it is not known by then.
    """
    if options.cares:
        return 0.0  # a caretaker starts from zero
    if options.wait_for_server_s is not None:
        return options.wait_for_server_s
    return Workflow(name="", user="").compute_node_wait_for_healthy_database_minutes * 60


def stop_deadline(
    options: RunnerOptions, workflow: Workflow, now: float, wall_s: float
) -> float | None:
    """Return when the runner must stop its jobs, on the monotonic clock; None for never.

    Args:
        options: `time_limit_s` is the runner's own choice and holds to the second; at `end_time`
            the scheduler takes the machine away, so the workflow's buffer is left before it.
        workflow: Says how large the buffer is, as a whole or in two parts: from the request to
            stop to SIGKILL, and after that.
        now: The monotonic clock.
        wall_s: Seconds since 1970 at the same moment.
    """
    deadlines = []
    if options.time_limit_s is not None:
        deadlines.append(now + options.time_limit_s)
    if options.end_time is not None:
        deadlines.append(now + options.end_time - wall_s - _buffer_s(options, workflow))
    return min(deadlines, default=None)


def _buffer_s(options: RunnerOptions, workflow: Workflow) -> float:
    execution = stored_execution_config(workflow.execution_config)
    return execution.buffer_s(workflow.compute_node_expiration_buffer_seconds, options.grace_s)


def settle(options: RunnerOptions, execution: ExecutionConfig) -> RunnerOptions:
    """Return a runner's options with what the workflow says of the end of jobs.

    Whether limits hold is said by the options first; the grace by the workflow alone.
    """
    limits, grace_s = options.limit_resources, execution.sigterm_lead_seconds
    return msgspec.structs.replace(
        options,
        limit_resources=bool(execution.limit_resources if limits is None else limits),
        grace_s=options.grace_s if grace_s is None else float(grace_s),
    )


def limit_codes(execution: ExecutionConfig) -> dict[StopReason, int]:
    """Return the exit codes that the workflow wants for jobs that exceeded a limit."""
    stated = {
        StopReason.OUT_OF_MEMORY: execution.oom_exit_code,
        StopReason.OUT_OF_TIME: execution.timeout_exit_code,
    }
    return {reason: code for reason, code in stated.items() if code is not None}


def memory_limit(claimed: ClaimedJob) -> int | None:
    """Return the bytes that a job may use; None if it states none, or has the default ones."""
    return (claimed.memory_bytes or None) if _has_own_limits(claimed) else None


def runtime_limit_s(claimed: ClaimedJob) -> int | None:
    """Return how long a job may run; None if it states nothing, or has the default ones."""
    return (claimed.runtime_seconds or None) if _has_own_limits(claimed) else None


def step_end_reason(claimed: ClaimedJob, limit: StopReason, ran_s: float) -> StopReason:
    """Return why Slurm has ended a step.

    When the time of an allocation is over, Slurm says the same of all its steps as of one whose own
    time is: only how long the job ran tells them apart.

    Args:
        claimed: The job.
        limit: What Slurm's words name.
        ran_s: How long the job ran, at most.
    """
    if limit is not StopReason.OUT_OF_TIME:
        return limit
    limit_s = runtime_limit_s(claimed)
    is_over = limit_s is not None and ran_s > limit_s - _SLURMS_SECOND_S
    return limit if is_over else StopReason.RUNNER_STOPS


def exceeded_limit(claimed: ClaimedJob, stop: StopReason) -> OverLimit | None:
    """Return the limit at which an attempt was stopped; None if it was not because of one."""
    if stop is StopReason.OUT_OF_MEMORY and (size := memory_limit(claimed)) is not None:
        limit = f"its memory of {format_bytes(size)}"
    elif stop is StopReason.OUT_OF_TIME and (time_s := runtime_limit_s(claimed)) is not None:
        limit = f"its runtime of {format_seconds(time_s)}"
    else:
        return None
    return OverLimit(job_id=id_of(claimed.job), name=claimed.job.name, limit=limit)


def _has_own_limits(claimed: ClaimedJob) -> bool:
    return are_stated(claimed.memory_bytes, claimed.runtime_seconds)


def are_stated(memory_bytes: int, runtime_s: int) -> bool:
    """Return whether a user stated these requirements, rather than none."""
    return (memory_bytes, runtime_s) != _DEFAULT_REQUIREMENTS
