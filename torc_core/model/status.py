"""The states of a job and the ways between them, as data.

The numbers are those that the reference keeps in its database; on the wire a status is its name.
"""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    """Where a job stands."""

    UNINITIALIZED = "uninitialized"
    """Created; its dependencies have not been looked at."""
    BLOCKED = "blocked"
    """Waits for jobs that have not ended."""
    READY = "ready"
    """May be claimed by a runner."""
    PENDING = "pending"
    """Claimed by a runner, not started."""
    RUNNING = "running"
    COMPLETED = "completed"
    """Ended with return code 0, and wrote its output files."""
    FAILED = "failed"
    CANCELED = "canceled"
    """Ended, or never started, because somebody or a failed dependency said so."""
    TERMINATED = "terminated"
    """Stopped by the system: wall time, memory, a runner that was told to end."""
    DISABLED = "disabled"
    """Left out by its owner; counts as ended for the workflow."""
    PENDING_FAILED = "pending_failed"
    """Failed, and waits for somebody to decide between retry and failure."""

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
    _S.UNINITIALIZED: frozenset({_S.BLOCKED, _S.READY, _S.DISABLED}) | REPORTABLE,
    _S.BLOCKED: frozenset({_S.READY, _S.UNINITIALIZED}) | REPORTABLE,
    _S.READY: frozenset({_S.PENDING, _S.BLOCKED, _S.UNINITIALIZED}) | REPORTABLE,
    _S.PENDING: frozenset({_S.RUNNING, _S.READY, _S.UNINITIALIZED}) | REPORTABLE,
    _S.RUNNING: frozenset({_S.READY, _S.UNINITIALIZED}) | REPORTABLE,
    _S.PENDING_FAILED: frozenset({_S.READY, _S.UNINITIALIZED}) | ENDED,
    _S.COMPLETED: frozenset({_S.UNINITIALIZED, _S.READY}),
    _S.FAILED: frozenset({_S.UNINITIALIZED, _S.READY}),
    _S.CANCELED: frozenset({_S.UNINITIALIZED, _S.READY}),
    _S.TERMINATED: frozenset({_S.UNINITIALIZED, _S.READY}),
    _S.DISABLED: frozenset({_S.UNINITIALIZED}),
}
"""From each status to those that may follow it. Ways back to uninitialized and ready are taken by
resets and retries only. Every open status leads to every end: the reference's clients report the
ends of jobs that they never claimed, nor started."""


def may_follow(present: JobStatus, wanted: JobStatus) -> bool:
    """Return whether a job may go from `present` to `wanted`."""
    return wanted in TRANSITIONS[present]
