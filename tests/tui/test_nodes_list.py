"""How nodes look in their list."""

from __future__ import annotations

import pytest
from nodes import NODE

from torc_core.model.compute import ComputeNode
from torc_tui.lists.resources.nodes import NODES, seconds_left


def node(**fields):
    stated = NODE | {
        "id": 1,
        "workflow_id": 1,
        "hostname": "n1",
        "start_time": "2026-03-01T11:00:00.000Z",
        "is_active": True,
        "num_cpus": 4,
        "memory_gb": 0.0,
    }
    return ComputeNode(**(stated | fields))


@pytest.mark.parametrize(
    ("num_cpus", "is_active", "state"),
    [(4, True, "▶ active"), (0, True, "▶ caretaker"), (4, False, "- ended"), (0, False, "- ended")],
)
def test_a_node_that_offers_nothing_is_a_caretaker(num_cpus, is_active, state):
    row = NODES.row(node(num_cpus=num_cpus, is_active=is_active))
    assert row.cells[2].text == state


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"time_limit": "PT2H"}, 5_400.0),
        ({"time_limit": "PT10M"}, 0.0),
        ({}, None),
        ({"time_limit": "PT2H", "is_active": False}, None),
        ({"time_limit": "for ever"}, None),
        ({"time_limit": "PT2H", "start_time": "yesterday"}, None),
    ],
)
def test_a_runner_with_a_limit_says_how_long_it_stays(fields, left):
    half_past_eleven = 1_772_364_600.0
    assert seconds_left(node(**fields), half_past_eleven) == left
