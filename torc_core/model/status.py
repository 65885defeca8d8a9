"""The statuses of a job and the transitions between them, as data.

`TRANSITIONS` is the state machine. Its exceptions have names and reasons of their own: completions
of jobs that were not running (`REPORTABLE_FROM`), and resets (`Reset`). The numbers are those that
the reference stores in its database; on the wire a status is its name.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """Exited with 0, and wrote its output files."""
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
        """The integer that the database stores for this status."""
        return _NUMBER[self]

    @classmethod
    def from_number(cls, number: int) -> JobStatus:
        """Return the status that the database keeps as `number`."""
        return _ORDER[number]


_ORDER = tuple(JobStatus)
_NUMBER = {status: number for number, status in enumerate(_ORDER)}

ENDED = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED, JobStatus.TERMINATED})
"""Statuses of jobs that are over; jobs downstream may start, or are canceled."""

SETTLED = ENDED | {JobStatus.DISABLED}
"""Statuses of jobs that no longer keep their workflow from being complete."""

REPORTABLE = ENDED | {JobStatus.PENDING_FAILED}
"""Statuses that a completed attempt may be reported with."""

UNSUCCESSFUL = frozenset({JobStatus.FAILED, JobStatus.CANCELED, JobStatus.TERMINATED})
"""Statuses that cancel jobs downstream which have `cancel_on_blocking_job_failure`."""

ACTIVE = frozenset({JobStatus.PENDING, JobStatus.RUNNING})
"""Statuses in which a runner holds the job."""

FAILURES = frozenset({JobStatus.FAILED, JobStatus.TERMINATED})
"""Outcomes that make a workflow a failed one."""


COMPLETE = "is complete"
"""What is said of a workflow in which every job completed."""


def ending_of(counts: Mapping[str, int] | None) -> str:
    """Return the word for a workflow that has no job left to run.

    Only one in which every job completed, or was disabled, is called complete.
    """
    found = {status for status, number in (counts or {}).items() if number}
    if found & FAILURES:
        return "ended with failures"
    return "ended with canceled jobs" if found & UNSUCCESSFUL else COMPLETE


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

A job that is over or disabled changes only on request, by a reset or a retry. A running job is
canceled when its workflow is, or it alone: its runner stops it.
"""

REPORTABLE_FROM = frozenset({_S.UNINITIALIZED, _S.BLOCKED, _S.READY, _S.PENDING})
"""Statuses in which a job may be reported complete although it was not known to run.

The reference's clients report completions of jobs that they never claimed or started. Our runner
may report the start of a pending job together with its completion, and the completion of a job
that was taken from it too early and is ready.
"""

RETRIABLE = frozenset({_S.RUNNING, _S.FAILED, _S.TERMINATED, _S.PENDING_FAILED})
"""Statuses from which a retry makes a job ready: its attempt was unsuccessful, or is about to fail.
A runner retries a running job whose process has failed."""


class Reset(NamedTuple):
    """Which jobs an operation resets, whatever `TRANSITIONS` says.

    `reset_job_status` for a whole workflow resets every job.
    """

    jobs: frozenset[JobStatus]
    """Of the jobs that it considers, those in one of these statuses."""
    after: frozenset[JobStatus] = frozenset()
    """Of all jobs downstream of those, the ones in one of these statuses."""


_ENABLED = frozenset(JobStatus) - {_S.DISABLED}
_IDLE = _ENABLED - ACTIVE

RESET_FAILED = Reset(UNSUCCESSFUL | {_S.PENDING_FAILED}, after=_ENABLED)
"""What was unsuccessful runs again, and all downstream with it; what runs of it is stopped."""
RESET_CHANGED = Reset(_IDLE, after=_IDLE)
"""The inputs of jobs changed; running jobs continue."""
INITIALIZE = Reset(
    frozenset({_S.UNINITIALIZED, _S.BLOCKED, _S.READY, _S.TERMINATED, _S.PENDING_FAILED})
)
"""Initialize works out these jobs, and those whose runners are gone; others stay as they are."""
INITIALIZE_NEW = Reset(frozenset({_S.UNINITIALIZED}), after=_IDLE)
"""Initialize after a reset: the jobs that were reset, and all downstream of them."""
RESUME = Reset(UNSUCCESSFUL | {_S.UNINITIALIZED, _S.PENDING_FAILED}, after=frozenset({_S.READY}))
"""A resume: all that was unsuccessful. What is ready in spite of that waits for it again."""


def may_follow(present: JobStatus, following: JobStatus) -> bool:
    """Return whether a job may go from `present` to `following`."""
    return following in TRANSITIONS[present]


def may_complete(present: JobStatus, outcome: JobStatus) -> bool:
    """Return whether a job that is `present` may be reported complete as `outcome`."""
    return outcome in REPORTABLE and (present in REPORTABLE_FROM or may_follow(present, outcome))
