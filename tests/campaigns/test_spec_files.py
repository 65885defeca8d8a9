"""A few files of the campaign, the same ones each time."""

from __future__ import annotations

from collections import Counter

from campaigns.spec_files import CONFIGURED, EXPORTED, run


def test_changed_files_are_taken_or_refused():
    outcomes = Counter(outcome for _, outcome, _, _ in run(0, 1, 12_000))
    kinds = {".yaml", ".json5", ".kdl", EXPORTED, CONFIGURED}
    assert {f"{kind} {word}" for kind in kinds for word in ("refused", "taken")} <= outcomes.keys()
