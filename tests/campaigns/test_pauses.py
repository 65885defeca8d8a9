"""A few pauses of each kind, and some hours in simulated time, the same ones each time."""

from __future__ import annotations

import pytest
from campaigns.pauses import VICTIMS, Campaign
from campaigns.simulated_pauses import simulate


def test_results_of_paused_runners_count_once_or_are_kept(tmp_path):
    campaign = Campaign(tmp_path, seed=1, pauses=4)
    try:
        report = campaign.run()
    finally:
        campaign.processes.close()
    assert report.problems == []
    assert report.pauses.keys() == VICTIMS.keys()
    assert report.taken
    assert report.late


@pytest.mark.parametrize("seed", range(3))
def test_in_simulated_time_as_well(seed):
    report = simulate(seed)
    assert report.problems == []
    assert report.pauses > 5
    assert report.fenced
