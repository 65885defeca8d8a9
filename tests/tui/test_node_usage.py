"""How busy nodes are, in their list: from the samples of their runners."""

from __future__ import annotations

import pytest
from nodes import compute_node

from torc_core.usage.nodes import NodeUsage
from torc_tui.lists.resources.node_usage import RecentUsage, usage_cell

NOW = 1_000_000.0
GIB = float(1 << 30)


@pytest.mark.parametrize(
    ("points", "text", "tone"),
    [
        ([], "", ""),
        ([(NOW - 1, 50.0)], "·········▄  50%", "blue"),
        ([(NOW - 599, 100.0), (NOW - 1, 0.0)], "█········    0%", "blue"),
        ([(NOW - 90, 10.0), (NOW - 61, 99.0), (NOW - 1, 95.4)], "········██  95%", "yellow"),
        ([(NOW - 1, 203.0)], "·········█ 203%", "yellow"),
    ],
)
def test_the_last_ten_minutes_are_ten_blocks_and_the_latest_value(points, text, tone):
    cell = usage_cell(points, "blue", NOW)

    assert (cell.text, cell.tone if points else "") == (text, tone)


def test_use_is_a_part_of_what_the_node_offers():
    usage = RecentUsage()
    usage._known = {7: NodeUsage(cpu=[(NOW, 200.0)], memory=[(NOW, GIB)])}
    node = compute_node(
        id=7, workflow_id=1, hostname="n", start_time="", is_active=True, num_cpus=4, memory_gb=4.0
    )

    assert usage.cpu_of(node) == [(NOW, 50.0)]
    assert usage.memory_of(node) == [(NOW, 25.0)]
