"""Why attempts failed, judged by their exit codes and what they used.

What the server recorded as lost was lost; else the surest word is that of Slurm on the step which
the attempt was. Without either, the rules of the reference hold: an attempt ran out of memory if it
used more than it stated, or was killed (137) well before its runtime was over; it ran out of time
if it ended with the code for that (152), or was killed when its runtime was nearly over.

One rule differs. A runner that stops jobs because its allocation ends has no code for that; the
reference takes all that it stops late for a lack of time. Here such a job lacked time only if its
runtime was over: what the cluster did is no reason to ask for more.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from torc_core.diagnosis.observation import Observation, StepEnd
from torc_core.diagnosis.utilization import ResourceType, Use, uses
from torc_core.model.result import LOST_RETURN_CODE, Result
from torc_core.model.status import JobStatus
from torc_core.runner.policy.exit_outcome import (
    EXIT_OUT_OF_MEMORY,
    EXIT_OUT_OF_TIME,
    EXIT_STOPPED,
    StopReason,
)

_EARLY = 0.8
"""What is killed before this part of its runtime was not killed because of the time."""
_LATE = 0.9
_OVER = 0.99
_STOPPED = frozenset({EXIT_STOPPED, -15})
_SIGKILL = -9
"""A return code of clients that count signals downwards."""
_SIGNALS_ABOVE = 128


class OomReason(StrEnum):
    """What says that an attempt ran out of memory."""

    MEMORY_EXCEEDED = "memory_exceeded"
    """It used more than it stated."""
    EXIT_CODE = "oom_exit_code"
    """It has the exit code that its workflow wants for that."""
    KILLED = "sigkill_137"
    SLURM = "slurm_out_of_memory"
    """Slurm says so of its step."""


class TimeoutReason(StrEnum):
    """What says that an attempt ran out of time."""

    EXIT_CODE = "timeout_exit_code"
    """It has the exit code that its workflow wants for that."""
    CPU_TIME_SIGNAL = "sigxcpu_152"
    KILLED_LATE = "killed_near_runtime"
    SLURM = "slurm_timeout"
    """Slurm says so of its step."""


class Cause(StrEnum):
    """Why an attempt failed."""

    OUT_OF_MEMORY = "out_of_memory"
    OUT_OF_TIME = "out_of_time"
    LOST = "lost"
    """With its runner, its node or its allocation."""
    STOPPED = "stopped"
    """By its runner, whose allocation or machine was taken away, or by Slurm or a user."""
    NOT_WRITTEN = "output_not_written"
    """It exited with 0, but did not write an output file; only its log tells that."""
    UNKNOWN = "unknown"


CLUSTER_CAUSES = frozenset({Cause.LOST, Cause.STOPPED})
"""What was done to the job, which needs nothing but another attempt."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one attempt."""

    observation: Observation
    memory: Use | None = None
    """None for what was not stated, or not measured."""
    cpu: Use | None = None
    runtime: Use | None = None
    oom: OomReason | None = None
    """Set only if the attempt failed, and probably of that."""
    timeout: TimeoutReason | None = None
    by_cluster: Cause | None = None
    """One of `CLUSTER_CAUSES`, if that is certain."""

    @property
    def uses(self) -> tuple[Use, ...]:
        """What was both stated and measured."""
        return tuple(use for use in (self.memory, self.cpu, self.runtime) if use is not None)

    @property
    def cause(self) -> Cause | None:
        """Why the attempt failed, the surer cause first; None if it did not fail."""
        if not self.observation.is_failure:
            return None
        if self.by_cluster is not None:
            return self.by_cluster
        if self.timeout in _SURE and self.oom is not OomReason.EXIT_CODE:
            return Cause.OUT_OF_TIME
        if self.oom is not None:
            return Cause.OUT_OF_MEMORY
        if self.timeout is not None:
            return Cause.OUT_OF_TIME
        return Cause.STOPPED if _was_stopped(self.observation.result) else Cause.UNKNOWN

    @property
    def needs_memory(self) -> bool:
        """Whether the job should state more memory."""
        return self.oom is not None or (self.memory is not None and self.memory.is_over())

    @property
    def needs_runtime(self) -> bool:
        """Whether the job should state a longer runtime."""
        return self.timeout is not None or (self.runtime is not None and self.runtime.is_over())


_SURE = frozenset({TimeoutReason.EXIT_CODE, TimeoutReason.CPU_TIME_SIGNAL, TimeoutReason.SLURM})
_DONE_TO_STEP = {
    StepEnd.NODE: Cause.LOST,
    StepEnd.PREEMPTED: Cause.STOPPED,
}


def diagnose(observation: Observation, codes: Mapping[StopReason, int] | None = None) -> Diagnosis:
    """Return what an attempt used, and why it failed if it did.

    Args:
        observation: The attempt.
        codes: Exit codes that the workflow wants in place of those for a limit.
    """
    used = {use.resource: use for use in uses(observation)}
    memory, runtime = used.get(ResourceType.MEMORY), used.get(ResourceType.RUNTIME)
    oom = timeout = by_cluster = None
    if observation.is_failure:
        by_cluster = _by_cluster(observation, runtime, codes or {})
    if observation.is_failure and by_cluster is None:
        oom = _oom(observation, memory, runtime, codes or {})
        timeout = _timeout(observation, runtime, codes or {})
    return Diagnosis(
        observation=observation,
        memory=memory,
        cpu=used.get(ResourceType.CPU),
        runtime=runtime,
        oom=oom,
        timeout=timeout,
        by_cluster=by_cluster,
    )


def _by_cluster(
    observation: Observation, runtime: Use | None, codes: Mapping[StopReason, int]
) -> Cause | None:
    """Return what the cluster certainly did to an attempt; None if it may have failed by itself."""
    result, end = observation.result, observation.step_end
    if result.return_code == LOST_RETURN_CODE:
        return Cause.LOST
    if end is StepEnd.TIME and not _is_over_time(runtime):
        return Cause.STOPPED  # it was the time of its allocation
    if end is StepEnd.CANCELED and not _is_limit(result, codes):
        return Cause.STOPPED
    return None if end is None else _DONE_TO_STEP.get(end)


def _is_limit(result: Result, codes: Mapping[StopReason, int]) -> bool:
    """Return whether its runner stopped an attempt at a limit, which it does by canceling steps."""
    limits = {EXIT_OUT_OF_MEMORY, EXIT_OUT_OF_TIME, *codes.values()}
    return result.status is JobStatus.TERMINATED and result.return_code in limits


def _is_over_time(runtime: Use | None) -> bool:
    """Return whether a runtime was over, or so nearly that it is due to the measurement."""
    return runtime is not None and runtime.used > _OVER * runtime.specified


def _was_stopped(result: Result) -> bool:
    return result.status is JobStatus.TERMINATED or result.return_code in _STOPPED


def _oom(
    observation: Observation,
    memory: Use | None,
    runtime: Use | None,
    codes: Mapping[StopReason, int],
) -> OomReason | None:
    if observation.step_end is StepEnd.MEMORY:
        return OomReason.SLURM
    code = observation.result.return_code
    if code == codes.get(StopReason.OUT_OF_MEMORY):
        return OomReason.EXIT_CODE
    if memory is not None and memory.is_over():
        return OomReason.MEMORY_EXCEEDED
    # A runner that kills for memory has measured too much of it.
    was_stopped = observation.result.status is JobStatus.TERMINATED and memory is not None
    if observation.step_end is StepEnd.TIME or was_stopped:
        return None
    is_early = runtime is None or runtime.used < _EARLY * runtime.specified
    if code in {EXIT_OUT_OF_MEMORY, _SIGKILL} and is_early:
        return OomReason.KILLED
    return None


def _timeout(
    observation: Observation, runtime: Use | None, codes: Mapping[StopReason, int]
) -> TimeoutReason | None:
    result = observation.result
    if observation.step_end is StepEnd.TIME:
        return TimeoutReason.SLURM
    if result.return_code == codes.get(StopReason.OUT_OF_TIME):
        return TimeoutReason.EXIT_CODE
    if result.return_code == EXIT_OUT_OF_TIME:
        return TimeoutReason.CPU_TIME_SIGNAL
    if result.status is JobStatus.TERMINATED:
        return TimeoutReason.KILLED_LATE if _is_over_time(runtime) else None
    is_late = runtime is not None and runtime.used > _LATE * runtime.specified
    was_killed = result.return_code < 0 or result.return_code > _SIGNALS_ABOVE
    return TimeoutReason.KILLED_LATE if is_late and was_killed else None
