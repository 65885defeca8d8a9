"""Columns of the list of nodes that say how busy they are, where their samples are at hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from time import monotonic

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.compute import ComputeNode
from torc_core.model.ids import WorkflowId
from torc_core.operations.reports.samples import find_samples
from torc_core.usage.nodes import NodeUsage, read_node_usage
from torc_core.usage.series import Points
from torc_tui.lists.listing import Column
from torc_tui.lists.sparkline import sparkline, spread
from torc_tui.theme import Cell

_SPAN_S, _CELLS = 600, 10
_LEAST_PAUSE_S, _LONG_PAUSE_S, _REST = 4.0, 30.0, 20
"""After a reading nothing is read for so long, with samples or without, or for so many times as
long as it took."""
_NEARLY_FULL = 90


class RecentUsage:
    """What the nodes of a workflow used in the last ten minutes; read by one thread at a time."""

    def __init__(self) -> None:
        self._next = 0.0
        self._known: Mapping[int, NodeUsage] = {}

    def learn(self, client: TorcClient, workflow_id: WorkflowId) -> None:
        """Read it, unless it was read a moment ago."""
        began = monotonic()
        if began < self._next:
            return
        try:
            samples = find_samples(client, workflow_id)
            self._known = read_node_usage(samples, since=time.time() - _SPAN_S)
        except TorcError:  # without samples the list is as good
            self._known = {}
        pause_s = _LEAST_PAUSE_S if self._known else _LONG_PAUSE_S
        self._next = monotonic() + max(pause_s, _REST * (monotonic() - began))

    @property
    def is_known(self) -> bool:
        """Whether there are samples."""
        return bool(self._known)

    def cpu_of(self, node: ComputeNode) -> Points:
        """Return the CPU of a node over time, in percent of all it offers."""
        used = self._known.get(node.id or 0)
        cores = max(1, node.num_cpus)
        return [] if used is None else [(moment, share / cores) for moment, share in used.cpu]

    def memory_of(self, node: ComputeNode) -> Points:
        """Return the memory of a node over time, in percent of what it offers."""
        used, size = self._known.get(node.id or 0), node.memory_gb * (1 << 30)
        if used is None or size <= 0:
            return []
        return [(moment, value / size * 100) for moment, value in used.memory]


def usage_columns(usage: RecentUsage) -> tuple[Column, ...]:
    """Return the columns: the last ten minutes, and the latest sample."""
    return (
        _column("CPU", usage.cpu_of, "blue", 1),
        _column("Mem used", usage.memory_of, "magenta", 2),
    )


def _column(title: str, of: Callable[[ComputeNode], Points], tone: str, rank: int) -> Column:
    return Column(
        title,
        lambda node: _latest(of(node)),
        lambda node: usage_cell(of(node), tone, time.time()),
        rank=rank,
    )


def usage_cell(points: Points, tone: str, now: float) -> Cell:
    """Return blocks for the last ten minutes, and the latest value in percent."""
    latest = _latest(points)
    if latest is None:
        return Cell("")
    blocks = sparkline(spread(points, now - _SPAN_S, now, _CELLS), 100.0)
    return Cell(f"{blocks} {latest:3}%", "yellow" if latest >= _NEARLY_FULL else tone)


def _latest(points: Points) -> int | None:
    return round(points[-1][1]) if points else None
