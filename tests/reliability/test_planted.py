"""Planted bugs are found; the other ones of the list are tried by `planted.py`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from reliability.planted import judge, load_bugs, planted

BUGS = load_bugs()
QUICK = (
    "a-repeated-claim-claims-again",
    "a-completion-is-two-transactions",
    "commits-are-not-synced",
    "a-record-is-not-synced-before-it-is-named",
    "a-full-disk-is-called-a-fault-of-the-server",
)


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_has_its_place(name):
    spec = importlib.util.find_spec(BUGS[name].module)
    assert spec is not None
    planted(Path(spec.origin).read_text("utf-8"), BUGS[name])


@pytest.mark.parametrize("name", QUICK)
def test_a_planted_bug_is_found(name):
    verdict = judge(BUGS[name])
    assert verdict.is_found, verdict.said
