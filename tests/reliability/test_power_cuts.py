"""A few cuts of the power; `power_cuts.py` does as many as it is told."""

from __future__ import annotations

from reliability.power_cuts import run_cuts


def test_acknowledged_writes_survive_and_the_file_is_whole():
    assert run_cuts(100, seed=1) == []
