"""Which rule of a failure handler decides, and which never can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.failure_rules import EXIT_CODES, choose_rule, find_faults, may_retry
from torc_core.model.resources import FailureRule


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


def rule(*codes, catch_all=False, max_retries=3):
    return FailureRule(
        exit_codes=list(codes), match_all_exit_codes=catch_all, max_retries=max_retries
    )


NEVER = {
    "no codes": ([rule()], [(0, ())]),
    "success": ([rule(1, 0)], [(0, ("exit_codes", 1))]),
    "no exit code of a process": (
        [rule(-9, 256)],
        [(0, ("exit_codes", 0)), (0, ("exit_codes", 1))],
    ),
    "a code of an earlier rule": ([rule(1, 2), rule(3, 2)], [(1, ("exit_codes", 1))]),
    "a rule twice": ([rule(1), rule(1)], [(1, ("exit_codes", 0))]),
    "all codes twice": (
        [rule(catch_all=True), rule(1), rule(catch_all=True)],
        [(2, ("match_all_exit_codes",))],
    ),
    "no attempt at all": ([rule(1, max_retries=0)], [(0, ("max_retries",))]),
}


@pytest.mark.parametrize(("rules", "places"), NEVER.values(), ids=NEVER)
def test_what_never_applies_is_found_with_its_place(rules, places):
    found = list(find_faults(rules))
    assert [(fault.rule, fault.part) for fault in found] == places
    assert all(fault.text for fault in found)


@pytest.mark.parametrize(
    "rules",
    [
        [rule(1, 1)],
        [rule(catch_all=True), rule(1)],
        [rule(1, catch_all=True)],
        [rule(1), rule(2), rule(catch_all=True, max_retries=1)],
        [rule(255, 137, 143)],
    ],
)
def test_what_may_apply_is_no_fault(rules):
    assert list(find_faults(rules)) == []


RULES = st.lists(
    st.builds(
        FailureRule,
        exit_codes=st.lists(st.integers(-1, 4), max_size=3),
        match_all_exit_codes=st.booleans(),
        max_retries=st.integers(0, 3),
    ),
    max_size=4,
)


@given(RULES)
def test_every_code_decides_unless_it_is_a_fault(rules):
    faults = {(fault.rule, fault.part) for fault in find_faults(rules)}
    for number, one in enumerate(rules):
        for index, code in enumerate(one.exit_codes):
            decides = code in EXIT_CODES and choose_rule(rules, code) is one
            assert decides == ((number, ("exit_codes", index)) not in faults)
        if one.match_all_exit_codes:
            decides = choose_rule(rules, 255) is one  # which no rule of these lists
            assert decides == ((number, ("match_all_exit_codes",)) not in faults)
