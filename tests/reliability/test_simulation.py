"""Some hundred histories in simulated time, the same ones each time."""

from __future__ import annotations

import pytest
from reliability.simulate import run_seeds
from reliability.simulation.history import History
from reliability.simulation.kept import KeptStore
from reliability.simulation.plans import brief_of, clocks_of, pauses_of, plan_of
from reliability.simulation.store import new_store

FOUND_ONCE = (
    20054,  # a machine stands still, and its workflow is canceled before its lease is over
)
"""Seeds of long histories that have failed, each for a reason of its own."""
SHARES = 4
SEEDS = 2000
"""Each takes 10 to 25 ms; `simulate.py` runs as many as it is told."""


@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_is_lost_doubled_or_stuck_whatever_fails(share):
    totals = run_seeds(range(share, SEEDS, SHARES))
    assert totals.failed == {}
    assert totals.rare == []


@pytest.mark.parametrize("seed", FOUND_ONCE)
def test_a_seed_that_has_failed_does_not_fail_again(seed):
    with new_store(kind=KeptStore) as store:
        assert History(store, plan_of(seed), seed).run().problems == []


@pytest.mark.parametrize("seed", range(8))
def test_a_long_history_with_the_timers_that_servers_have_loses_nothing(seed):
    with new_store(kind=KeptStore) as store:
        assert History(store, plan_of(seed), seed).run().problems == []


@pytest.mark.parametrize("share", range(4))
def test_large_work_in_slices_is_done_once_whatever_comes_between(share):
    assert run_seeds(range(share, 100, 4), profile="slices").failed == {}


def test_a_seed_replays_identically():
    with new_store() as store, new_store(kind=KeptStore) as kept:
        reports = [History(each, brief_of(7), 7).run() for each in (store, store, kept)]
    assert {report.fingerprint for report in reports} == {reports[0].fingerprint}
    assert [report.fired for report in reports] == [reports[0].fired] * 3


@pytest.mark.parametrize("seed", range(2))
def test_hours_of_pauses_record_no_stale_result(seed):
    with new_store(kind=KeptStore) as store:
        report = History(store, pauses_of(seed), seed).run()
    assert report.problems == []
    assert report.expired > 5
    assert report.late


@pytest.mark.parametrize("seed", range(6))
def test_no_runner_is_lost_that_is_not_silent(seed):
    with new_store(kind=KeptStore) as store:
        report = History(store, clocks_of(seed), seed).run()
    assert report.problems == []
    assert report.fired["wall clock set"]
