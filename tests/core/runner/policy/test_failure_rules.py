import pytest

from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus
from torc_core.runner.policy.exit_outcome import StopReason, classify_exit
from torc_core.runner.policy.failure_rules import RuleDecision, apply_rules, judge_recovery

FAILED, TERMINATED = JobStatus.FAILED, JobStatus.TERMINATED
RETRY = FailureRule(exit_codes=[1], max_retries=3)
RECOVER = FailureRule(exit_codes=[2], max_retries=3, recovery_script="heal")


def apply(rules, exit_code, *, attempt=1, status=FAILED, asks=False):
    return apply_rules(
        rules, status=status, exit_code=exit_code, attempt_id=attempt, use_pending_failed=asks
    )


@pytest.mark.parametrize(
    ("exit_code", "attempt", "expected"),
    [
        (1, 1, RuleDecision(FAILED, retries=True)),
        (1, 2, RuleDecision(FAILED, retries=True)),
        (1, 3, RuleDecision(FAILED)),
        (2, 1, RuleDecision(FAILED, recovery_script="heal")),
        (2, 3, RuleDecision(FAILED)),
        (9, 1, RuleDecision(FAILED)),
    ],
)
def test_a_failure_is_retried_recovered_or_final(exit_code, attempt, expected):
    assert apply([RETRY, RECOVER], exit_code, attempt=attempt) == expected


def test_a_job_that_exceeded_a_limit_follows_rules_as_well():
    rules = [FailureRule(exit_codes=[137], max_retries=2)]
    assert apply(rules, 137, status=TERMINATED) == RuleDecision(TERMINATED, retries=True)
    assert apply(rules, 137, status=TERMINATED, attempt=2) == RuleDecision(TERMINATED)


def test_only_failures_without_a_rule_wait_for_a_decision():
    assert apply([], 1, asks=True) == RuleDecision(JobStatus.PENDING_FAILED)
    assert apply([], 1, asks=False) == RuleDecision(FAILED)
    assert apply([RETRY], 1, attempt=3, asks=True) == RuleDecision(FAILED)
    assert apply([], 152, status=TERMINATED, asks=True) == RuleDecision(TERMINATED)
    assert apply([RETRY], 1, asks=True) == RuleDecision(FAILED, retries=True)


RECOVERED = {
    (0, None): (FAILED, True),
    (1, None): (FAILED, False),
    (143, StopReason.OUT_OF_TIME): (FAILED, False),
    (0, StopReason.OUT_OF_TIME): (FAILED, False),
    (143, StopReason.CANCELED): (JobStatus.CANCELED, False),
    (0, StopReason.CANCELED): (JobStatus.CANCELED, False),
    (143, StopReason.RUNNER_STOPS): (TERMINATED, False),
    (0, StopReason.RUNNER_STOPS): (TERMINATED, False),
}


@pytest.mark.parametrize(("script", "expected"), RECOVERED.items())
def test_a_recovery_script_has_its_job_retried_only_if_it_exits_with_0_by_itself(script, expected):
    outcome = judge_recovery(FAILED, *script)
    assert (outcome.status, outcome.retries) == expected


@pytest.mark.parametrize("exit_code", [0, 7])
def test_the_exit_code_is_that_of_the_recovery_script(exit_code):
    assert judge_recovery(FAILED, exit_code, None).exit_code == exit_code


def test_a_job_whose_recovery_script_is_interrupted_is_as_one_that_is_interrupted_itself():
    itself = classify_exit(143, StopReason.INTERRUPTED, ())
    assert judge_recovery(FAILED, 143, StopReason.INTERRUPTED) == itself
