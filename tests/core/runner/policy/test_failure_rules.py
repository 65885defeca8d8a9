import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus
from torc_core.runner.policy.failure_rules import (
    RuleDecision,
    apply_rules,
    choose_rule,
    may_retry,
)

FAILED, TERMINATED = JobStatus.FAILED, JobStatus.TERMINATED
RETRY = FailureRule(exit_codes=[1], max_retries=3)
RECOVER = FailureRule(exit_codes=[2], max_retries=3, recovery_script="heal")


def apply(rules, exit_code, *, attempt=1, status=FAILED, asks=False):
    return apply_rules(
        rules, status=status, exit_code=exit_code, attempt_id=attempt, use_pending_failed=asks
    )


def test_a_rule_for_the_code_goes_before_a_rule_for_all_codes():
    everything = FailureRule(match_all_exit_codes=True)
    memory = FailureRule(exit_codes=[137])
    assert choose_rule([everything, memory], 137) is memory
    assert choose_rule([everything, memory], 1) is everything
    assert choose_rule([memory], 1) is None


def test_of_two_rules_that_match_alike_the_first_counts():
    first, second = FailureRule(exit_codes=[1]), FailureRule(exit_codes=[1, 2])
    assert choose_rule([first, second], 1) is first
    assert choose_rule([first, second], 2) is second
    both = [FailureRule(match_all_exit_codes=True), FailureRule(match_all_exit_codes=True)]
    assert choose_rule(both, 1) is both[0]


@given(st.lists(st.builds(FailureRule, exit_codes=st.lists(st.integers(1, 3))), max_size=4))
def test_a_rule_that_is_chosen_matches(rules):
    chosen = choose_rule(rules, 2)
    assert (chosen is None) == all(2 not in rule.exit_codes for rule in rules)
    assert chosen is None or 2 in chosen.exit_codes


@pytest.mark.parametrize(("attempt", "allowed"), [(1, True), (2, True), (3, False), (4, False)])
def test_three_retries_are_three_attempts(attempt, allowed):
    assert may_retry(FailureRule(max_retries=3), attempt) is allowed


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
