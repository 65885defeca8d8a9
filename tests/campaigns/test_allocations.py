"""A small campaign on a cluster, the same faults each time."""

from __future__ import annotations

import pytest
from campaigns.allocations import SETTINGS, Campaign
from slurm.cluster.sharing import own_cluster


@pytest.mark.timeout(300)
def test_broken_allocations_lose_and_double_nothing(tmp_path):
    with own_cluster(SETTINGS) as cluster:
        campaign = Campaign(cluster, tmp_path, seed=3, jobs=40, longest_s=1.5)
        try:
            report = campaign.run(4)
        finally:
            campaign.close()
    assert report.problems == []
