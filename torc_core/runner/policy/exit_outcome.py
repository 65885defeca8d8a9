"""What the exit of a process means for its job. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

import msgspec

from torc_core.model.status import JobStatus

EXIT_OUT_OF_MEMORY = 137
"""Exit code of a job that exceeds its memory: that of the kernel's own killer (SIGKILL)."""
EXIT_OUT_OF_TIME = 152
"""Exit code of a job that exceeds its runtime: that of SIGXCPU."""
EXIT_LOST = 137
"""Exit code of what was ended because its guard is gone: that of SIGKILL."""
EXIT_STOPPED = 143
"""Exit code of what was to be ended before it had begun: that of SIGTERM."""
EXIT_CANNOT_START = 126
"""Exit code of a job that could not be started: that of shells."""

SIGNALED_S = 1.0
"""How long the runner waits for a signal of its own after one has ended a job.

Batch systems, systemd and container runtimes signal both at the same instant; then the job did not
fail, no matter which of them is noticed first.
"""
TOGETHER_S = 0.1
"""How long before the runner's signal a job may have exited because of the same one: they are
delivered at the same instant, and noticed in any order."""
_SIGNALED = frozenset({129, 130, 131, 138, 140, 143, 152})
"""Exit codes of SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM and SIGXCPU; see signal(7)."""


def may_be_signaled_together(exit_code: int) -> bool:
    """Return whether a job may have been ended by a signal that was sent to the runner, too."""
    return exit_code in _SIGNALED


def is_before_signal(exited_at: float, signaled_at: float | None) -> bool:
    """Return whether a job was over before the runner received a signal that jobs may share.

    Afterwards its exit code says nothing of its work: many programs save their state when they are
    asked to stop, and exit with 0.
    """
    return signaled_at is None or exited_at < signaled_at - TOGETHER_S


def wait_before_belief_s(exit_code: int, *, is_taken_away: bool, saves_state: bool) -> float:
    """Return how long a signal to the runner is waited for before a job counts as over.

    Args:
        exit_code: The job's own, 128+n for signal n.
        is_taken_away: The runner is in an allocation: its end is likely, and signals all processes.
        saves_state: The job catches the signal that asks it to stop; then it may exit as it likes.
    """
    if may_be_signaled_together(exit_code):
        return SIGNALED_S
    return TOGETHER_S if is_taken_away and (exit_code != 0 or saves_state) else 0.0


class StopReason(Enum):
    """Why the runner stops a job."""

    CANCELED = "canceled"
    REVOKED = "this runner does not hold it any more"
    """It was given to another one, or reset."""
    INTERRUPTED = "the runner was interrupted"
    """By its user, on a machine of their own; the job is to run again later."""
    RUNNER_STOPS = "the runner is shutting down"
    """The machine is taken away."""
    OUT_OF_TIME = "out of time"
    OUT_OF_MEMORY = "out of memory"

    @classmethod
    def named(cls, name: str) -> StopReason:
        """Return the reason of that name; for one of another version, that the runner stopped."""
        return cls.__members__.get(name, cls.RUNNER_STOPS)


_DECIDED = frozenset({StopReason.CANCELED, StopReason.REVOKED})
"""The server has recorded these before the runner knew."""
LIMITS = frozenset({StopReason.OUT_OF_TIME, StopReason.OUT_OF_MEMORY})
"""Reasons that lie with the job itself."""


def combine_reasons(current: StopReason | None, new: StopReason) -> StopReason:
    """Return why a job is stopped when there is a further reason to stop it."""
    if current is None:
        return new
    if current in LIMITS and new not in LIMITS:
        # It is past its limit anyway, but no failure rule lets it start again.
        return StopReason.RUNNER_STOPS
    return current


def effective_reason(
    stop: StopReason | None, exit_code: int, *, by_itself: bool
) -> StopReason | None:
    """Return why a job was stopped, or None if it was over before it could be.

    Args:
        stop: Why the runner wanted it to be stopped.
        exit_code: Its own, 128+n for signal n.
        by_itself: It had exited when it was to be stopped. If that was because of a signal, the
            runner may have received the same one.
    """
    is_over = by_itself and not may_be_signaled_together(exit_code)
    return None if is_over and stop not in _DECIDED else stop


class ExitOutcome(msgspec.Struct, frozen=True):
    """What to report of an attempt, unless a failure rule changes it."""

    status: JobStatus
    exit_code: int
    follows_rules: bool = False
    """Whether the job's failure handler decides what comes next."""
    retries: bool = False
    """Whether the job is ready again at once, at a server that resumes no terminated jobs."""
    interrupted: bool = False
    """Whether the runner had to stop it, so that the next start of the workflow resumes it."""


class _Stopped(msgspec.Struct, frozen=True):
    status: JobStatus
    exit_code: int | None = None
    """In place of the process's own."""
    follows_rules: bool = False
    retries: bool = False
    interrupted: bool = False


_STOPPED = {
    StopReason.CANCELED: _Stopped(JobStatus.CANCELED),
    StopReason.REVOKED: _Stopped(JobStatus.CANCELED),
    StopReason.INTERRUPTED: _Stopped(JobStatus.TERMINATED, retries=True, interrupted=True),
    StopReason.RUNNER_STOPS: _Stopped(JobStatus.TERMINATED, interrupted=True),
    StopReason.OUT_OF_TIME: _Stopped(JobStatus.TERMINATED, EXIT_OUT_OF_TIME, follows_rules=True),
    StopReason.OUT_OF_MEMORY: _Stopped(
        JobStatus.TERMINATED, EXIT_OUT_OF_MEMORY, follows_rules=True
    ),
}


def classify_exit(
    exit_code: int,
    stop: StopReason | None,
    output_faults: Sequence[str],
    codes: Mapping[StopReason, int] | None = None,
) -> ExitOutcome:
    """Return what the exit of a job's process means.

    Args:
        exit_code: Its own, 128+n for signal n.
        stop: Why the runner stopped it, if it did. Counts even if the process then exits with 0:
            it was stopped before it was done.
        output_faults: What is wrong with the output files that it should have written.
        codes: Exit codes that the workflow wants in place of those for a limit.
    """
    if stop is not None:
        stopped = _STOPPED[stop]
        code = exit_code if stopped.exit_code is None else stopped.exit_code
        code = (codes or {}).get(stop, code)
        return ExitOutcome(
            stopped.status, code, stopped.follows_rules, stopped.retries, stopped.interrupted
        )
    if exit_code == 0 and not output_faults:
        return ExitOutcome(JobStatus.COMPLETED, 0)
    return ExitOutcome(JobStatus.FAILED, exit_code or 1, follows_rules=True)
