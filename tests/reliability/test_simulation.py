"""Some hundred histories in simulated time, the same ones each time."""

from __future__ import annotations

import pytest
from reliability.simulate import run_seeds
from reliability.simulation.history import History, simulate
from reliability.simulation.plans import clocks_of, pauses_of
from reliability.simulation.store import new_store

FOUND_ONCE = (
    20054,  # a machine stands still, and its workflow is canceled before its lease is over
)
"""Seeds that have failed, each for a reason of its own."""
SHARES = 4
SEEDS = 500
"""As many as fit into 40 s of CPU; `simulate.py` runs as many as it is told."""


@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_is_lost_doubled_or_stuck_whatever_fails(share):
    totals = run_seeds(range(share, SEEDS, SHARES))
    assert totals.failed == {}
    assert totals.rare == []


@pytest.mark.parametrize("seed", FOUND_ONCE)
def test_a_seed_that_has_failed_does_not_fail_again(seed):
    with new_store() as store:
        assert simulate(store, seed).problems == []


def test_a_seed_replays_identically():
    with new_store() as store:
        first, second = simulate(store, 7), simulate(store, 7)
    assert first.fingerprint == second.fingerprint
    assert first.fired == second.fired


@pytest.mark.parametrize("seed", range(2))
def test_hours_of_pauses_record_no_stale_result(seed):
    with new_store() as store:
        report = History(store, pauses_of(seed), seed).run()
    assert report.problems == []
    assert report.expired > 5
    assert report.late


@pytest.mark.parametrize("seed", range(6))
def test_no_runner_is_lost_that_is_not_silent(seed):
    with new_store() as store:
        report = History(store, clocks_of(seed), seed).run()
    assert report.problems == []
    assert report.fired["wall clock set"]
