"""What an ended process means for its job, and what its failure handler makes of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import msgspec

from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus

OUT_OF_MEMORY = 137
"""What a job gets that exceeds its memory: what the kernel's own killer leaves behind (SIGKILL)."""
OUT_OF_TIME = 152
"""What a job gets that exceeds its runtime: what SIGXCPU leaves behind."""


class StopReason(Enum):
    """Why the runner ends a job."""

    CANCELED = "canceled"
    INTERRUPTED = "interrupted"
    """Somebody stopped the runner on a machine of their own; the job is to run again later."""
    RUNNER_ENDS = "runner ends"
    """The machine is taken away."""
    OUT_OF_TIME = "out of time"
    OUT_OF_MEMORY = "out of memory"


LIMITS = frozenset({StopReason.OUT_OF_TIME, StopReason.OUT_OF_MEMORY})
"""Reasons that lie with the job itself."""


class _Stop(msgspec.Struct, frozen=True):
    status: JobStatus
    return_code: int | None
    """In place of the process's own."""
    follows_rules: bool
    """Whether the job's failure handler has a say."""
    goes_again: bool = False
    """Whether the job is ready again at once, for whoever runs the workflow next."""


_STOPS = {
    StopReason.CANCELED: _Stop(JobStatus.CANCELED, None, follows_rules=False),
    StopReason.INTERRUPTED: _Stop(JobStatus.TERMINATED, None, follows_rules=False, goes_again=True),
    StopReason.RUNNER_ENDS: _Stop(JobStatus.TERMINATED, None, follows_rules=False),
    StopReason.OUT_OF_TIME: _Stop(JobStatus.TERMINATED, OUT_OF_TIME, follows_rules=True),
    StopReason.OUT_OF_MEMORY: _Stop(JobStatus.TERMINATED, OUT_OF_MEMORY, follows_rules=True),
}


class ExitOutcome(msgspec.Struct, frozen=True):
    """What to report of an attempt, unless a failure rule changes it."""

    status: JobStatus
    return_code: int
    follows_rules: bool
    goes_again: bool = False


def classify_exit(
    return_code: int, stop: StopReason | None, missing_files: Sequence[str]
) -> ExitOutcome:
    """Return what a process's end means.

    Args:
        return_code: Its own, 128+n for signal n.
        stop: Why the runner ended it, if it did. Counts even if the process then exits with 0:
            it was asked to leave before it was done.
        missing_files: Output files that it should have written.
    """
    if stop is not None:
        rule = _STOPS[stop]
        code = return_code if rule.return_code is None else rule.return_code
        return ExitOutcome(rule.status, code, rule.follows_rules, rule.goes_again)
    if return_code == 0 and not missing_files:
        return ExitOutcome(JobStatus.COMPLETED, 0, follows_rules=False)
    return ExitOutcome(JobStatus.FAILED, return_code or 1, follows_rules=True)


def choose_rule(rules: Sequence[FailureRule], return_code: int) -> FailureRule | None:
    """Return the rule for a return code: the first that lists it, else the first for all codes."""
    for rule in rules:
        if return_code in rule.exit_codes:
            return rule
    return next((rule for rule in rules if rule.match_all_exit_codes), None)


def may_retry(rule: FailureRule, attempt_id: int) -> bool:
    """Return whether a rule allows another attempt after attempt number `attempt_id`.

    `max_retries` counts attempts, the first included: so does the reference's server.
    """
    return attempt_id < rule.max_retries


def failed_status(rule: FailureRule | None, *, use_pending_failed: bool) -> JobStatus:
    """Return where a job goes that is not retried.

    Somebody is asked to decide only about failures for which nobody wrote a rule.
    """
    if rule is None and use_pending_failed:
        return JobStatus.PENDING_FAILED
    return JobStatus.FAILED
