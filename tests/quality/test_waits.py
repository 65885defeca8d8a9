"""Tests wait for what is seen, and long enough: a guard against hanging is no measure of speed."""

from __future__ import annotations

import re
from pathlib import Path

LEAST_S = 100
TESTS = Path(__file__).parents[1]
_NOT_OF_THE_SUITE = {"campaigns", "benchmarks", "cases"}
_GUARD = re.compile(
    r"\btimeout=(\d{2,})\b|\.(?:wait|join|result|communicate)\((?:timeout=)?(\d{2,})\)"
    r"|^_?[A-Z_]*TIMEOUT_S = (\d{2,})\b",
    re.MULTILINE,
)
"""Less than ten seconds is what a test is about."""
_SEEN_AT_ONCE = re.compile(r"^ +assert (?!.* not in ).* in ui\.seen\(\)$", re.MULTILINE)


def sources():
    """Yield each module of the suite with its name."""
    for path in sorted(TESTS.rglob("*.py")):
        if not _NOT_OF_THE_SUITE & set(path.parts):
            yield path.relative_to(TESTS), path.read_text()


def test_guards_against_hanging_are_for_a_busy_machine():
    short = [
        f"{name}: {guard[0]}"
        for name, source in sources()
        for guard in _GUARD.finditer(source)
        if int(guard[1] or guard[2] or guard[3]) < LEAST_S
    ]

    assert short == []


def test_what_is_to_be_seen_is_waited_for():
    at_once = [
        f"{name}: {each}" for name, source in sources() for each in _SEEN_AT_ONCE.findall(source)
    ]

    assert at_once == []
