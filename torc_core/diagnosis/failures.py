"""Why attempts failed, as far as their exit codes and what they used tell.

The rules of the reference: an attempt ran out of memory if it used more than it stated, or was
killed (137) well before its runtime was over; it ran out of time if it ended with the code for that
(152), or was killed when its runtime was nearly over.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from torc_core.diagnosis.observation import Observation
from torc_core.diagnosis.utilization import ResourceType, Use, uses
from torc_core.model.status import JobStatus
from torc_core.runner.policy.exit_outcome import EXIT_OUT_OF_MEMORY, EXIT_OUT_OF_TIME, StopReason

_EARLY = 0.8
"""What is killed before this part of its runtime was not killed because of the time."""
_LATE = 0.9
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


class TimeoutReason(StrEnum):
    """What says that an attempt ran out of time."""

    EXIT_CODE = "timeout_exit_code"
    """It has the exit code that its workflow wants for that."""
    CPU_TIME_SIGNAL = "sigxcpu_152"
    KILLED_LATE = "killed_near_runtime"


class Cause(StrEnum):
    """Why an attempt failed."""

    OUT_OF_MEMORY = "out_of_memory"
    OUT_OF_TIME = "out_of_time"
    UNKNOWN = "unknown"


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

    @property
    def uses(self) -> tuple[Use, ...]:
        """What was both stated and measured."""
        return tuple(use for use in (self.memory, self.cpu, self.runtime) if use is not None)

    @property
    def cause(self) -> Cause | None:
        """Why the attempt failed, the surer cause first; None if it did not fail."""
        if not self.observation.is_failure:
            return None
        if self.timeout in _SURE and self.oom is not OomReason.EXIT_CODE:
            return Cause.OUT_OF_TIME
        if self.oom is not None:
            return Cause.OUT_OF_MEMORY
        return Cause.UNKNOWN if self.timeout is None else Cause.OUT_OF_TIME

    @property
    def needs_memory(self) -> bool:
        """Whether the job should state more memory."""
        return self.oom is not None or (self.memory is not None and self.memory.is_over())

    @property
    def needs_runtime(self) -> bool:
        """Whether the job should state a longer runtime."""
        return self.timeout is not None or (self.runtime is not None and self.runtime.is_over())


_SURE = frozenset({TimeoutReason.EXIT_CODE, TimeoutReason.CPU_TIME_SIGNAL})


def diagnose(observation: Observation, codes: Mapping[StopReason, int] | None = None) -> Diagnosis:
    """Return what an attempt used, and why it failed if it did.

    Args:
        observation: The attempt.
        codes: Exit codes that the workflow wants in place of those for a limit.
    """
    used = {use.resource: use for use in uses(observation)}
    memory, runtime = used.get(ResourceType.MEMORY), used.get(ResourceType.RUNTIME)
    is_failure = observation.is_failure
    return Diagnosis(
        observation=observation,
        memory=memory,
        cpu=used.get(ResourceType.CPU),
        runtime=runtime,
        oom=_oom(observation, memory, runtime, codes or {}) if is_failure else None,
        timeout=_timeout(observation, runtime, codes or {}) if is_failure else None,
    )


def _oom(
    observation: Observation,
    memory: Use | None,
    runtime: Use | None,
    codes: Mapping[StopReason, int],
) -> OomReason | None:
    code = observation.result.return_code
    if code == codes.get(StopReason.OUT_OF_MEMORY):
        return OomReason.EXIT_CODE
    if memory is not None and memory.is_over():
        return OomReason.MEMORY_EXCEEDED
    is_early = runtime is None or runtime.used < _EARLY * runtime.specified
    if code in {EXIT_OUT_OF_MEMORY, _SIGKILL} and is_early:
        return OomReason.KILLED
    return None


def _timeout(
    observation: Observation, runtime: Use | None, codes: Mapping[StopReason, int]
) -> TimeoutReason | None:
    result = observation.result
    if result.return_code == codes.get(StopReason.OUT_OF_TIME):
        return TimeoutReason.EXIT_CODE
    if result.return_code == EXIT_OUT_OF_TIME:
        return TimeoutReason.CPU_TIME_SIGNAL
    is_late = runtime is not None and runtime.used > _LATE * runtime.specified
    was_killed = (
        result.status is JobStatus.TERMINATED
        or result.return_code < 0
        or result.return_code > _SIGNALS_ABOVE
    )
    return TimeoutReason.KILLED_LATE if is_late and was_killed else None
