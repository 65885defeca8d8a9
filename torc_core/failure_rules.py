"""Rules of failure handlers: which one decides about an exit code, and which never can. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torc_core.model.resources import FailureRule

EXIT_CODES = range(1, 256)
"""The exit codes with which an attempt fails; a job killed by signal n has 128+n."""
LEAST_RETRIES = 2
"""`max_retries` counts attempts, the first one included: below this no rule retries a job."""


class RuleFault(NamedTuple):
    """Why a rule, or a part of one, never applies."""

    rule: int
    """Its position, from 0."""
    part: tuple[str | int, ...]
    """The field and the position in it; empty for the whole rule."""
    text: str


def choose_rule(rules: Sequence[FailureRule], exit_code: int) -> FailureRule | None:
    """Return the rule for an exit code: the first that lists it, else the first for all codes."""
    for rule in rules:
        if exit_code in rule.exit_codes:
            return rule
    return next((rule for rule in rules if rule.match_all_exit_codes), None)


def may_retry(rule: FailureRule, attempt_id: int) -> bool:
    """Return whether a rule allows another attempt after attempt number `attempt_id`.

    `max_retries` counts attempts, the first included: so does the reference's server.
    """
    return attempt_id < rule.max_retries


def find_faults(rules: Sequence[FailureRule]) -> Iterator[RuleFault]:
    """Yield what can never apply, in the order of the rules."""
    owner: dict[int, int] = {}
    catch_all: int | None = None
    for number, rule in enumerate(rules):
        if not rule.exit_codes and not rule.match_all_exit_codes:
            yield RuleFault(number, (), "a rule needs exit_codes, or match_all_exit_codes: true")
        for index, code in enumerate(rule.exit_codes):
            first = owner.setdefault(code, number)
            fault = _fault_of(code, first if first != number else None)
            if fault is not None:
                yield RuleFault(number, ("exit_codes", index), fault)
        if rule.match_all_exit_codes:
            if catch_all is not None:
                text = f"rules[{catch_all}] decides about all other exit codes already"
                yield RuleFault(number, ("match_all_exit_codes",), text)
            else:
                catch_all = number
        if rule.max_retries < 1:
            text = (
                f"max_retries counts attempts, the first one included: {rule.max_retries} allows "
                "none; write 1 for exit codes that are never to be retried"
            )
            yield RuleFault(number, ("max_retries",), text)


def _fault_of(code: int, first: int | None) -> str | None:
    """Return why an exit code in a rule never applies.

    Args:
        code: The exit code.
        first: The position of an earlier rule that lists it; None without one.
    """
    if code == 0:
        return "exit code 0 is success; no rule is asked about it"
    if code not in EXIT_CODES:
        return (
            f"no job ends with exit code {code}: they are 1 to 255, and 128+n for a job that "
            "signal n killed"
        )
    if first is not None:
        return f"rules[{first}] decides about exit code {code} already"
    return None
