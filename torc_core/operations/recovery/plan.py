"""What a recovery does, as data: shown first, then stored, and carried out by its holder.

All values are absolute, so that carrying it out twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum

import msgspec

from torc_core.diagnosis.failures import CLUSTER_CAUSES, Cause
from torc_core.model.ids import JobId, RequirementsId, WorkflowId
from torc_core.model.resources import ResourceRequirementsPatch

PLAN_VERSION = 1


class WhyNot(StrEnum):
    """Why jobs that did not end well are not retried."""

    UNKNOWN = "unknown_cause"
    """It is not known why they failed; likely they would again."""
    NOT_WRITTEN = "output_not_written"
    """They did not write an output file; likely they would not again."""
    UNDECIDED = "pending_failed"
    """The same, and a user is to decide between retry and failure."""
    CANCELED = "canceled"
    """On request, not because of what they depend on."""
    UNSTATED = "no_requirements"
    """They lack what their requirements do not state, so that it cannot be raised."""
    MEMORY_LIMIT = "memory_limit"
    """They need more memory than they may have."""
    RUNTIME_LIMIT = "runtime_limit"
    NODE_HOURS = "node_hours"


class JobGroup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Jobs that failed for the same cause and are treated the same way."""

    cause: Cause | None = None
    """None for canceled jobs."""
    job_ids: tuple[JobId, ...]
    """In ascending order."""
    names: tuple[str, ...] = ()
    """Of the first of them."""
    requirements_id: RequirementsId | None = None
    """Of jobs that lacked memory or time."""
    why_not: WhyNot | None = None
    """None if they are retried."""
    reason: str = ""
    """The same for people, the amounts included."""
    kind: str = ""
    """What their exit codes say where the cause is unknown; empty if only their program knows."""


class Raise(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """New amounts for one set of requirements."""

    requirements_id: RequirementsId
    name: str
    job_ids: tuple[JobId, ...]
    """The retried jobs that need them."""
    num_sharing: int = 0
    """How many other jobs that have not completed state the same requirements, and get the same."""
    old_memory: str
    old_runtime: str
    memory: str | None = None
    """None if it stays."""
    runtime: str | None = None
    memory_cap: str = ""
    """Why it does not become more, if more would be wanted."""
    runtime_cap: str = ""
    peak_memory_bytes: int | None = None
    """The most that these jobs used, if the memory is raised and was measured."""
    longest_s: float | None = None

    @property
    def patch(self) -> ResourceRequirementsPatch:
        """What to store."""
        return ResourceRequirementsPatch(memory=self.memory, runtime=self.runtime)


class RecoveryPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a recovery does."""

    version: int = PLAN_VERSION
    workflow_id: WorkflowId
    run_id: int
    """The run whose failures it repairs; in another one it is void."""
    memory_multiplier: float
    runtime_multiplier: float
    groups: tuple[JobGroup, ...] = ()
    """Those that are retried first."""
    raises: tuple[Raise, ...] = ()
    node_hours: float = 0.0
    """What the retried jobs take at most, if each uses all of its runtime."""

    @property
    def reset(self) -> tuple[JobId, ...]:
        """The jobs to reset, in ascending order; what is downstream of them follows."""
        return tuple(sorted(self._ids(group for group in self.groups if group.why_not is None)))

    @property
    def oom_fixed(self) -> int:
        """How many retried jobs lacked memory."""
        return self._retried({Cause.OUT_OF_MEMORY})

    @property
    def timeout_fixed(self) -> int:
        """How many retried jobs lacked time."""
        return self._retried({Cause.OUT_OF_TIME})

    @property
    def unknown_retried(self) -> int:
        """How many jobs are retried although likely they fail again, most of unknown causes."""
        return self._retried({Cause.UNKNOWN, Cause.NOT_WRITTEN})

    @property
    def cluster_retried(self) -> int:
        """How many jobs are retried with the same requirements, as they were lost or stopped."""
        return self._retried(CLUSTER_CAUSES)

    @property
    def other_failures(self) -> int:
        """How many jobs did not end well and are not retried."""
        return sum(len(group.job_ids) for group in self.groups if group.why_not is not None)

    def _retried(self, causes: Collection[Cause]) -> int:
        return sum(
            len(group.job_ids)
            for group in self.groups
            if group.why_not is None and group.cause in causes
        )

    @staticmethod
    def _ids(groups: Iterator[JobGroup]) -> Iterator[JobId]:
        for group in groups:
            yield from group.job_ids
