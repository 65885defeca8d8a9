"""Every point at which something may end, of each shape of workflow; fans are narrow ones here."""

from __future__ import annotations

import pytest
from reliability.crash_points import EDGES, NARROW, RUNNER, SHAPES, STATEMENT, try_all


@pytest.mark.parametrize("shape", [*NARROW, *(name for name in SHAPES if name[:3] != "fan")])
def test_no_point_loses_or_doubles_anything(shape):
    counts, failed = try_all(shape)
    assert failed == {}
    assert counts.keys() == {STATEMENT, RUNNER, *EDGES}
