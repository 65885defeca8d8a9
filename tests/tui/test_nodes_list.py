"""How nodes look in their list."""

from __future__ import annotations

import pytest

from torc_core.model.compute import ComputeNode
from torc_tui.lists.resources.nodes import NODES


@pytest.mark.parametrize(
    ("num_cpus", "is_active", "state"),
    [(4, True, "▶ active"), (0, True, "▶ caretaker"), (4, False, "- ended"), (0, False, "- ended")],
)
def test_a_node_that_offers_nothing_is_a_caretaker(num_cpus, is_active, state):
    node = ComputeNode(
        id=1,
        workflow_id=1,
        hostname="n1",
        pid=1,
        start_time="2026-03-01T11:00:00.000Z",
        is_active=is_active,
        num_cpus=num_cpus,
        memory_gb=0.0,
        num_gpus=0,
        num_nodes=1,
        compute_node_type="local",
    )
    assert NODES.row(node).cells[2].text == state
