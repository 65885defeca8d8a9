"""A result beside what its job requires: what all diagnosis begins with."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import msgspec

from torc_core.errors import UsageError
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.runner.policy.limits import are_stated
from torc_core.units import parse_duration, parse_memory

FAILURES = frozenset({JobStatus.FAILED, JobStatus.TERMINATED, JobStatus.PENDING_FAILED})
"""Statuses of results whose causes are looked for; what is canceled was so on request."""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What requirements state in numbers; None for what they do not state."""

    memory_bytes: int | None = None
    cpu_percent: float | None = None
    """100 is one core."""
    runtime_s: int | None = None


class StepEnd(StrEnum):
    """What ended the Slurm step in which an attempt ran, if not the attempt itself."""

    MEMORY = "memory"
    TIME = "time"
    NODE = "node"
    """Its node failed."""
    PREEMPTED = "preempted"
    CANCELED = "canceled"
    """By its runner, a user, or with its allocation."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One result of a job, and what the job requires now."""

    job: Job
    result: Result
    requirements: ResourceRequirements | None
    """None if they are not known."""
    step_end: StepEnd | None = None
    """Slurm's word on the step that the attempt was. None if it ended by itself, was not a step, or
    Slurm was not asked."""
    is_before_change: bool = False
    """Whether the requirements were changed after it had ended. Then they may be corrected already,
    and what they state now is not what it was stopped at."""

    @property
    def is_failure(self) -> bool:
        """Whether the attempt was unsuccessful, by itself or because it was stopped."""
        return self.result.status in FAILURES

    @property
    def runtime_s(self) -> float:
        """How long the attempt ran, in seconds."""
        return max(0.0, self.result.exec_time_minutes * 60)

    @property
    def stated(self) -> Stated:
        """What the requirements state; nothing if no user has stated any."""
        return NOTHING if self.requirements is None else stated_by(self.requirements)


NOTHING = Stated()


def stated_by(requirements: ResourceRequirements) -> Stated:
    """Return requirements in numbers; those that a server gives to every job state nothing."""
    return _in_numbers(requirements.memory, requirements.runtime, requirements.num_cpus)


@lru_cache(maxsize=1024)  # a hundred thousand jobs may share one set
def _in_numbers(memory: str, runtime: str, num_cpus: int) -> Stated:
    try:
        memory_bytes = parse_memory(memory)
        runtime_s = parse_duration(runtime)
    except UsageError:  # from a server that checks less
        return NOTHING
    if not are_stated(memory_bytes, runtime_s):
        return NOTHING
    return Stated(
        memory_bytes=memory_bytes or None,
        cpu_percent=100.0 * max(num_cpus, 1),
        runtime_s=runtime_s or None,
    )
