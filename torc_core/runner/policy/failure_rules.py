"""What a failure handler decides about a failed attempt: retry, recover first, or fail. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torc_core.failure_rules import choose_rule, may_retry
from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus
from torc_core.runner.policy.exit_outcome import LIMITS, ExitOutcome, StopReason, classify_exit


class RuleDecision(msgspec.Struct, frozen=True):
    """What comes after a failed attempt."""

    status: JobStatus
    retries: bool = False
    recovery_script: str | None = None
    """Runs before the attempt is reported; only if it exits with 0 the job is retried."""


def apply_rules(
    rules: Sequence[FailureRule],
    *,
    status: JobStatus,
    exit_code: int,
    attempt_id: int,
    use_pending_failed: bool,
) -> RuleDecision:
    """Return what comes after an attempt that failed or exceeded a limit.

    Args:
        rules: Those of the job's failure handler.
        status: The attempt's, `failed` or `terminated`.
        exit_code: The attempt's.
        attempt_id: The attempt's number, from 1.
        use_pending_failed: The workflow's setting: a user decides about failures without a rule.
    """
    rule = choose_rule(rules, exit_code)
    if rule is not None and may_retry(rule, attempt_id):
        retries = rule.recovery_script is None
        return RuleDecision(status, retries=retries, recovery_script=rule.recovery_script)
    if status is JobStatus.FAILED and rule is None and use_pending_failed:
        return RuleDecision(JobStatus.PENDING_FAILED)
    return RuleDecision(status)


def judge_recovery(status: JobStatus, exit_code: int, stop: StopReason | None) -> ExitOutcome:
    """Return what the exit of a recovery script means for its job.

    Only a script that exits with 0 by itself has its job retried. One that the runner stops leaves
    the job as if the job itself had been stopped: it is canceled, or taken up again later.

    Args:
        status: The failed attempt's, `failed` or `terminated`.
        exit_code: The script's.
        stop: Why the runner stopped the script, if it did.
    """
    if stop is None or stop in LIMITS:
        return ExitOutcome(status, exit_code, retries=stop is None and exit_code == 0)
    return classify_exit(exit_code, stop, ())
