"""A few pauses of each kind, the same ones each time."""

from __future__ import annotations

from campaigns.pauses import VICTIMS, Campaign


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
