"""A few cuts of the power; `power_cuts.py` does as many as are asked for."""

from __future__ import annotations

import pytest
from reliability.power_cuts import run_cuts


@pytest.mark.parametrize("is_shared", [False, True], ids=["own disk", "shared disk"])
def test_acknowledged_writes_survive_and_the_file_is_whole(is_shared):
    assert run_cuts(50, seed=1, is_shared=is_shared) == []
