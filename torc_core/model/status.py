"""The states of a job and the ways between them, as data.

`TRANSITIONS` is the machine. What goes beside it has a name and a reason of its own: ends that are
reported from afar (`REPORTABLE_FROM`) and jobs that are taken back to run again (`Reset`). The
numbers are those that the reference keeps in its database; on the wire a status is its name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class JobStatus(StrEnum):
    """The status of a job."""

    UNINITIALIZED = "uninitialized"
    """Created; its dependencies have not been resolved."""
    BLOCKED = "blocked"
    """Waits for jobs that have not completed."""
    READY = "ready"
    """May be claimed by a runner."""
    PENDING = "pending"
    """Claimed by a runner, not started."""
    RUNNING = "running"
    COMPLETED = "completed"
    """Ended with return code 0, and wrote its output files."""
    FAILED = "failed"
    CANCELED = "canceled"
    """Stopped or never started, by a user or because a dependency failed."""
    TERMINATED = "terminated"
    """Stopped by the system: runtime, memory, or the shutdown of its runner."""
    DISABLED = "disabled"
    """Excluded by its owner; counts as completed for the workflow."""
    PENDING_FAILED = "pending_failed"
    """Failed, and waits for a decision between retry and failure."""

    @property
    def number(self) -> int:
        """The integer that stands for this status in the database."""
        return _NUMBER[self]

    @classmethod
    def from_number(cls, number: int) -> JobStatus:
        """Return the status that the database keeps as `number`."""
        return _ORDER[number]


_ORDER = tuple(JobStatus)
_NUMBER = {status: number for number, status in enumerate(_ORDER)}

ENDED = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED, JobStatus.TERMINATED})
"""Statuses that let dependent jobs go on (or be cancelled)."""

SETTLED = ENDED | {JobStatus.DISABLED}
"""Statuses in which a job holds its workflow open no longer."""

REPORTABLE = ENDED | {JobStatus.PENDING_FAILED}
"""Statuses that a runner may report as the end of an attempt."""

UNSUCCESSFUL = frozenset({JobStatus.FAILED, JobStatus.CANCELED, JobStatus.TERMINATED})
"""Ends that cancel those dependents which asked to be cancelled."""

ACTIVE = frozenset({JobStatus.PENDING, JobStatus.RUNNING})
"""Statuses in which a runner holds the job."""

_S = JobStatus
TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    _S.UNINITIALIZED: frozenset({_S.BLOCKED, _S.READY, _S.DISABLED}),
    _S.BLOCKED: frozenset({_S.READY, _S.CANCELED}),
    _S.READY: frozenset({_S.PENDING, _S.CANCELED}),
    _S.PENDING: frozenset({_S.RUNNING, _S.READY, _S.CANCELED, _S.TERMINATED}),
    _S.RUNNING: REPORTABLE | {_S.READY},
    _S.PENDING_FAILED: frozenset({_S.FAILED, _S.READY, _S.UNINITIALIZED}),
    **dict.fromkeys(ENDED, frozenset({_S.UNINITIALIZED, _S.READY})),
    _S.DISABLED: frozenset({_S.UNINITIALIZED}),
}
"""From each status to those that may follow it.

An end is left, and a disabled job enabled, only because somebody says so: by a reset or a retry. A
running job is canceled when its workflow is, or it alone: its runner stops it.
"""

REPORTABLE_FROM = frozenset({_S.UNINITIALIZED, _S.BLOCKED, _S.READY, _S.PENDING})
"""Statuses from which a job may go straight to a reported end.

The reference's clients report the ends of jobs that they never claimed or started. A runner of
ours may tell the start of a pending job together with its end, and the end of a job that was taken
from it too early and is ready.
"""

RETRIABLE = frozenset({_S.RUNNING, _S.FAILED, _S.TERMINATED, _S.PENDING_FAILED})
"""Statuses from which a retry makes a job ready: its attempt did not succeed, or is about to fail.
A runner retries a running job whose process has failed."""


class Reset(NamedTuple):
    """Which jobs an operation takes back to uninitialized, from wherever they are.

    `reset_job_status` for the whole workflow takes back every job.
    """

    jobs: frozenset[JobStatus]
    """Of the jobs that it looks at, those in one of these statuses."""
    after: frozenset[JobStatus] = frozenset()
    """Of the jobs after those, however indirectly, those in one of these statuses."""


_ENABLED = frozenset(JobStatus) - {_S.DISABLED}
_IDLE = _ENABLED - ACTIVE

RESET_FAILED = Reset(UNSUCCESSFUL | {_S.PENDING_FAILED}, after=_ENABLED)
"""Somebody wants anew what did not succeed; what came of it is stopped and done again."""
RESET_CHANGED = Reset(_IDLE, after=_IDLE)
"""The inputs of jobs changed; what runs goes on."""
INITIALIZE = Reset(
    frozenset({_S.UNINITIALIZED, _S.BLOCKED, _S.READY, _S.TERMINATED, _S.PENDING_FAILED})
)
"""A start places these jobs anew, and those whose runners have signed off; the rest it leaves."""
INITIALIZE_NEW = Reset(frozenset({_S.UNINITIALIZED}), after=_IDLE)
"""A start after a reset: with the jobs that were taken back all that comes after them."""


def may_follow(present: JobStatus, wanted: JobStatus) -> bool:
    """Return whether a job may go from `present` to `wanted`."""
    return wanted in TRANSITIONS[present]


def may_end(present: JobStatus, end: JobStatus) -> bool:
    """Return whether the end of a job that is `present` may be reported as `end`."""
    return end in REPORTABLE and (present in REPORTABLE_FROM or may_follow(present, end))
