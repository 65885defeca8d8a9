"""A few files of the campaign, the same ones each time."""

from __future__ import annotations

from collections import Counter

from campaigns.spec_files import run


def test_changed_files_are_expanded_or_refused():
    outcomes = Counter(outcome for _, outcome, _, _ in run(0, 1, 8_000))
    assert set(outcomes) == {"refused", "expanded"}
