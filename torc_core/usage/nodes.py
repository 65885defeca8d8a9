"""What nodes used over time, from the databases of their runners."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from torc_core.usage.databases import opened
from torc_core.usage.series import Points, thin

_MOST_POINTS = 2_000
_SAMPLES = """
SELECT compute_node_id, timestamp, cpu_percent, memory_bytes FROM compute_node_resource_samples
WHERE timestamp >= ?
ORDER BY compute_node_id, timestamp
"""


class NodeUsage(NamedTuple):
    """CPU in percent of one core and memory in bytes over time."""

    cpu: Points
    memory: Points


def read_node_usage(paths: Sequence[Path], since: float = 0.0) -> dict[int, NodeUsage]:
    """Return what nodes used, by their ids; a database of the reference says nothing of nodes.

    Args:
        paths: The databases.
        since: Seconds since 1970; what is older is left out.

    Raises:
        UsageError: A file is not a database of samples, or cannot be read.
    """
    cpu: defaultdict[int, Points] = defaultdict(list)
    memory: defaultdict[int, Points] = defaultdict(list)
    for path in paths:
        with opened(path) as database:
            if not _has_nodes(database):
                continue
            for node_id, moment, share, size in database.execute(_SAMPLES, (since,)):
                if not isinstance(node_id, int) or not isinstance(moment, int | float):
                    continue
                for value, points in ((share, cpu), (size, memory)):
                    if isinstance(value, int | float):
                        points[node_id].append((float(moment), float(value)))
    return {
        node_id: NodeUsage(
            thin(sorted(cpu[node_id]), _MOST_POINTS), thin(sorted(memory[node_id]), _MOST_POINTS)
        )
        for node_id in cpu.keys() | memory.keys()
    }


def _has_nodes(database: sqlite3.Connection) -> bool:
    names = "SELECT 1 FROM sqlite_master WHERE name = 'compute_node_resource_samples'"
    return database.execute(names).fetchone() is not None
