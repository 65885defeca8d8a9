"""A small campaign, the same kills each time."""

from __future__ import annotations

import pytest
from campaigns.kills import Campaign


@pytest.mark.parametrize("guards", [0, 3], ids=["guards spared", "guards killed"])
def test_killed_processes_lose_and_double_nothing(tmp_path, guards):
    campaign = Campaign(tmp_path, seed=5, jobs=60, slots=8)
    try:
        report = campaign.run(4, guards)
    finally:
        campaign.processes.close()
    assert report.problems == []
