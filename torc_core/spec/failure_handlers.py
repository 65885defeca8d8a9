"""Failure handlers of a workflow file: their rules, without such as can never apply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torc_core.failure_rules import LEAST_RETRIES, find_faults
from torc_core.model.resources import FailureRule
from torc_core.spec import fields
from torc_core.spec.fields import MAX_COUNT, Check
from torc_core.spec.problems import Path, Problems

RULE: dict[str, Check] = {
    "exit_codes": fields.list_of(fields.integer(-MAX_COUNT, MAX_COUNT)),
    "match_all_exit_codes": fields.boolean,
    "recovery_script": fields.command,
    "max_retries": fields.integer(0, MAX_COUNT),
}


def _build_rule(_place: Path, /, exit_codes: Sequence[int] = (), **stated: Any) -> FailureRule:
    return FailureRule(exit_codes=list(exit_codes), **stated)


_read_rules = fields.list_of(fields.mapping(RULE, (), _build_rule))


def read_rules(value: Any, path: Path, problems: Problems) -> tuple[FailureRule, ...]:
    """A list of rules, at least one; a rule that can never apply is an error."""
    known = len(problems.errors)
    rules: tuple[FailureRule, ...] = _read_rules(value, path, problems)
    if len(problems.errors) > known:
        return rules
    if not rules:
        problems.add(path, "a failure handler needs at least one rule")
    for fault in find_faults(rules):
        problems.add((*path, fault.rule, *fault.part), fault.text)
    for number, rule in enumerate(rules):
        if 0 < rule.max_retries < LEAST_RETRIES:
            problems.warn(
                (*path, number, "max_retries"),
                "counts attempts, the first one included: with 1 no job is retried",
            )
    return rules
