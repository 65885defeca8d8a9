"""A compute node, for tests that need any."""

from __future__ import annotations

from typing import Any

from torc_core.model.compute import ComputeNode

NODE = {
    "hostname": "h",
    "pid": 1,
    "start_time": "2026-01-01T00:00:00.000Z",
    "num_cpus": 1,
    "memory_gb": 1.0,
    "num_gpus": 0,
    "num_nodes": 1,
    "compute_node_type": "local",
}
"""Its record without a workflow."""


def compute_node(**fields: Any) -> ComputeNode:
    """Return one with other values in some fields."""
    return ComputeNode(**(NODE | fields))
