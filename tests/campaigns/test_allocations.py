"""Small campaigns on clusters, the same faults each time."""

from __future__ import annotations

import pytest
from campaigns.allocations import SETTINGS, Campaign
from campaigns.watched import WatchedCampaign
from slurm.cluster.sharing import own_cluster


@pytest.mark.parametrize(("kind", "seed"), [(Campaign, 3), (WatchedCampaign, 5)])
def test_broken_allocations_lose_and_double_nothing(tmp_path, kind, seed):
    with own_cluster(SETTINGS) as cluster:
        campaign = kind(cluster, tmp_path, seed=seed, jobs=40, longest_s=1.5)
        try:
            report = campaign.run(4)
        finally:
            campaign.close()
    assert report.problems == []
