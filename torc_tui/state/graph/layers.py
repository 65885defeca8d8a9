"""Laying out a graph: columns by level, rows near those of the neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torc_core.graph import levels

_SWEEPS = 4


@dataclass(slots=True)
class Spot:
    """A node in its layer, or a point where a long edge passes through it."""

    node: int | None
    row: int = 0
    before: list[Spot] = field(default_factory=list)
    after: list[Spot] = field(default_factory=list)


def layer(size: int, edges: set[tuple[int, int]]) -> list[list[Spot]]:
    """Return the layers of an acyclic graph from left to right, each from top to bottom.

    Every edge joins neighboring layers: longer ones pass through spots without a node, which the
    edges of one node share. Rows are distinct within a layer and begin at 0.
    """
    needed: list[list[int]] = [[] for _ in range(size)]
    for a, b in sorted(edges):
        needed[b].append(a)
    level = levels([tuple(each) for each in needed])
    layers: list[list[Spot]] = [[] for _ in range(max(level, default=-1) + 1)]
    spot_of = [Spot(node) for node in range(size)]
    for node, spot in enumerate(spot_of):
        layers[level[node]].append(spot)
    passing: dict[tuple[int, int], Spot] = {}
    for a, b in sorted(edges):
        spot = spot_of[a]
        for at in range(level[a] + 1, level[b]):
            following = passing.get((a, at))
            if following is None:
                following = passing[a, at] = Spot(None)
                layers[at].append(following)
                _join(spot, following)
            spot = following
        _join(spot, spot_of[b])
    _arrange(layers)
    return layers


def place(desired: Sequence[float]) -> list[int]:
    """Return ascending rows, one each, that differ least from `desired` in the given order.

    Least squares by pooling neighbors that would collide.
    """
    pools: list[tuple[float, int]] = []
    for at, row in enumerate(desired):
        total, number = row - at, 1
        while pools and pools[-1][0] / pools[-1][1] > total / number:
            before, of_before = pools.pop()
            total, number = total + before, number + of_before
        pools.append((total, number))
    shifts = [total / number for total, number in pools for _ in range(number)]
    return [round(shift) + at for at, shift in enumerate(shifts)]


def _join(a: Spot, b: Spot) -> None:
    a.after.append(b)
    b.before.append(a)


def _arrange(layers: list[list[Spot]]) -> None:
    for each in layers:
        for row, spot in enumerate(each):
            spot.row = row
    for sweep in range(_SWEEPS):
        is_forward = sweep % 2 == 0
        for each in layers if is_forward else reversed(layers):
            desired = {id(s): _mean(s.before if is_forward else s.after, s.row) for s in each}
            each.sort(key=lambda spot: desired[id(spot)])
            for spot, row in zip(each, place([desired[id(s)] for s in each]), strict=True):
                spot.row = row
    top = min((spot.row for each in layers for spot in each), default=0)
    for each in layers:
        for spot in each:
            spot.row -= top


def _mean(spots: list[Spot], otherwise: int) -> float:
    return sum(spot.row for spot in spots) / len(spots) if spots else otherwise
