"""Each fault of the network, for a short time."""

from __future__ import annotations

import pytest
from campaigns.network import FAULTS, endure


@pytest.mark.parametrize("name", FAULTS)
def test_a_network_that_fails_kills_and_loses_nothing(tmp_path, name):
    assert endure(tmp_path, FAULTS[name], seconds=2.0, jobs=8).problems == []
