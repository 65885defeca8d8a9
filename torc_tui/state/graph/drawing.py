"""A graph drawn with box lines, from left to right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len

from torc_tui.state.column_widths import fill
from torc_tui.state.graph.dag import Graph
from torc_tui.state.graph.drawn import Drawing
from torc_tui.state.graph.layers import Spot, layer
from torc_tui.theme import QUIET, Cell

LABEL = 40
"""The most cells of a node's name."""

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_UPRIGHT, _FLAT = _UP | _DOWN, _LEFT | _RIGHT
_LINES = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
"""Box characters by the directions in which they have an arm."""


@dataclass(frozen=True, slots=True)
class _Net:
    """Spots of one layer with edges to the same spots of the next: they share a line."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]

    @property
    def is_straight(self) -> bool:
        return self.sources == self.targets and len(self.sources) == 1

    @property
    def rows(self) -> range:
        every = (*self.sources, *self.targets)
        return range(min(every), max(every) + 1)


def draw(graph: Graph) -> Drawing:
    """Return the drawing of a graph."""
    layers = layer(len(graph.nodes), graph.edges)
    height = max((spot.row + 1 for each in layers for spot in each), default=0)
    lines: list[list[Cell]] = [[] for _ in range(height)]
    width = 0
    for each in layers:
        names, channel = _names(graph, each, height), _channel(each, height)
        for line, name, wires in zip(lines, names, channel, strict=True):
            line += [*name, wires]
        width += max(sum(cell_len(cell.text) for cell in name) for name in names)
        width += cell_len(channel[0].text)
    roots = [spot.row for spot in layers[0]] if layers else []
    return Drawing(lines, width, root=roots[len(roots) // 2] if roots else 0)


def _names(graph: Graph, spots: list[Spot], height: int) -> list[list[Cell]]:
    """Return one column of names; a passing edge runs through it."""
    nodes = [graph.nodes[spot.node] for spot in spots if spot.node is not None]
    width = min(LABEL, max((cell_len(node.text) for node in nodes), default=0)) + 1
    column = [[Cell(" " * width)] for _ in range(height)]
    for spot in spots:
        if spot.node is None:
            column[spot.row] = [Cell("─" * width, QUIET)]
        else:
            text, tone = graph.nodes[spot.node]
            shown = fill(text, min(cell_len(text), width - 1)) + " "
            line = "─" if spot.after else " "
            rest = Cell(line * (width - cell_len(shown)), QUIET)
            column[spot.row] = [Cell(shown, tone), rest]
    return column


def _channel(spots: list[Spot], height: int) -> list[Cell]:
    """Return the column of lines between a layer and the next; empty after the last."""
    nets = _nets(spots)
    if not nets:
        return [Cell("")] * height
    tracks = _tracks(nets)
    width = max(tracks.values(), default=-1) + 3
    grid: list[list[tuple[_Net | None, int]]] = [[(None, 0)] * width for _ in range(height)]
    for net in nets:
        for row, column, arms in _strokes(net, tracks.get(net), width):
            grid[row][column] = _over(grid[row][column], net, arms)
    return [Cell("".join(_LINES[arms] for _, arms in row), QUIET) for row in grid]


def _nets(spots: list[Spot]) -> list[_Net]:
    sources: dict[tuple[int, ...], list[int]] = {}
    for spot in spots:
        targets = tuple(sorted({after.row for after in spot.after}))
        if targets:
            sources.setdefault(targets, []).append(spot.row)
    return [_Net(tuple(sorted(rows)), targets) for targets, rows in sources.items()]


def _tracks(nets: list[_Net]) -> dict[_Net, int]:
    """Return the column of each net's upright line.

    Nets whose rows do not touch may share one. A net that starts in a row branches off before one
    that ends in that row joins it, unless each would have to come first.
    """
    bent = [net for net in nets if not net.is_straight]
    first = {
        net: [o for o in bent if o is not net and set(o.sources) & set(net.targets)] for net in bent
    }
    tracks: dict[_Net, int] = {}
    while len(tracks) < len(bent):
        waiting = [net for net in bent if net not in tracks]
        free = [net for net in waiting if all(other in tracks for other in first[net])]
        net = (free or waiting)[0]
        track = 1 + max((tracks[other] for other in first[net] if other in tracks), default=-1)
        while any(at == track and _touch(other, net) for other, at in tracks.items()):
            track += 1
        tracks[net] = track
    return tracks


def _touch(a: _Net, b: _Net) -> bool:
    return a.rows.start <= b.rows.stop and b.rows.start <= a.rows.stop


def _strokes(net: _Net, track: int | None, width: int) -> Iterable[tuple[int, int, int]]:
    """Yield row, column and arms of each cell of a net's lines."""
    if track is None:
        for column in range(width):
            yield net.sources[0], column, _FLAT
        return
    at = track + 1
    for row in net.sources:
        for column in range(at):
            yield row, column, _FLAT
        yield row, at, _LEFT
    for row in net.targets:
        yield row, at, _RIGHT
        for column in range(at + 1, width):
            yield row, column, _FLAT
    for row in net.rows:
        arms = (_UP if row > net.rows[0] else 0) | (_DOWN if row < net.rows[-1] else 0)
        yield row, at, arms


def _over(present: tuple[_Net | None, int], net: _Net, arms: int) -> tuple[_Net | None, int]:
    """Return what a cell shows when two strokes meet.

    Lines of one net join. Where lines of two nets cross, the upright one is on top, so that a
    cross always means that lines meet.
    """
    owner, there = present
    if owner is None or owner is net:
        return net, there | arms
    if there == _UPRIGHT and arms == _FLAT:
        return present
    if there == _FLAT and arms == _UPRIGHT:
        return net, arms
    return net, there | arms
