"""What a failed attempt leads to, by the job's failure handler. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus


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
