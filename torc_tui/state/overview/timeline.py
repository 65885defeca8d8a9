"""Where jobs ran when, as lines: a chart for each node. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from rich.cells import cell_len

from torc_core.model.status import JobStatus
from torc_core.moments import exact_time, said_moment
from torc_core.operations.history.timeline import (
    NodeTimeline,
    Span,
    Timeline,
    busy_share,
    idle_gaps,
    occupancy,
)
from torc_core.units import counted, format_bytes, format_seconds
from torc_core.usage.nodes import NodeUsage
from torc_tui.lists.sparkline import sparkline, spread
from torc_tui.state.column_widths import fill
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell, look_of

_MOST_UNFOLDED = 40
"""Up to so many lanes all nodes are unfolded at first."""
_NAME = 16
_TAIL = 10
_SHORT_S = 900.0
"""Up to so many seconds minutes do not tell moments apart."""
_FOLDED, _UNFOLDED = "▸ ", "▾ "
_GLYPHS = {str(JobStatus.COMPLETED): "━", str(JobStatus.RUNNING): "╍"}
_BROKEN = "x"
_IDLE = "·"


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One line: what it is about and how it is made."""

    make: Callable[[int], list[Cell]]
    node: NodeTimeline | None = None
    lane: Sequence[Span] | None = None


@dataclass(frozen=True, slots=True)
class TimelineLines:
    """The lines of a timeline."""

    lines: list[TimelineLine] = field(default_factory=list)

    def cells(self, line: int, width: int) -> list[Cell]:
        """Return what a line says in so many cells."""
        return self.lines[line].make(width)


def usually_folded(timeline: Timeline) -> set[int]:
    """Return the ids of the nodes that are folded at first: all, if there are many lanes."""
    many = sum(len(node.lanes) for node in timeline.nodes) > _MOST_UNFOLDED
    return {node.node_id for node in timeline.nodes} if many else set()


def timeline_lines(
    timeline: Timeline, folded: Collection[int], usage: Mapping[int, NodeUsage], now: float
) -> TimelineLines:
    """Return the lines of a timeline.

    Args:
        timeline: What ran when.
        folded: Ids of nodes whose jobs are not shown.
        usage: What nodes used, by their ids, where that is known.
        now: The present moment.
    """
    if not timeline.nodes:
        return TimelineLines()
    lines = [TimelineLine(partial(_axis, timeline, now))]
    for node in timeline.nodes:
        is_folded = node.node_id in folded
        lines.append(TimelineLine(partial(_node, timeline, node, is_folded), node))
        if is_folded:
            continue
        if (used := usage.get(node.node_id)) is not None:
            lines += [
                TimelineLine(partial(_usage, timeline, used, which), node) for which in (0, 1)
            ]
        lines += [TimelineLine(partial(_lane, timeline, lane), node, lane) for lane in node.lanes]
    return TimelineLines(lines)


def _room(width: int) -> int:
    return max(10, width - _NAME - _TAIL - 3)


def _axis(timeline: Timeline, now: float, width: int) -> list[Cell]:
    room = _room(width)
    marks = max(1, room // 24)
    is_short = timeline.end - timeline.begin <= _SHORT_S
    said = exact_time if is_short else partial(said_moment, now=now)
    text = ""
    for at in range(marks):
        moment = timeline.begin + (timeline.end - timeline.begin) * at / marks
        text = fill(text, room * at // marks) + said(moment)
    end = said(timeline.end)
    text = fill(text, room - cell_len(end)) + end if room > 24 else fill(text, room)
    return [Cell(" " * (_NAME + 3)), Cell(text, QUIET)]


def _node(timeline: Timeline, node: NodeTimeline, is_folded: bool, width: int) -> list[Cell]:
    room = _room(width)
    busy = occupancy(node.spans, timeline.begin, timeline.end, room)
    size = (timeline.end - timeline.begin) / room if room else 0.0
    shown = [
        value if _is_there(node, timeline.begin + at * size, size) else None
        for at, value in enumerate(busy)
    ]
    mark = _FOLDED if is_folded else _UNFOLDED
    return [
        Cell(f"{mark}{fill(clean(node.name), _NAME)} ", "bold"),
        Cell(sparkline(shown, float(len(node.lanes))), "cyan"),
        Cell(f"{100 * busy_share(node):>4.0f}%"),
    ]


def _is_there(node: NodeTimeline, begin: float, size: float) -> bool:
    return begin + size > node.begin and begin < node.end


def _usage(timeline: Timeline, used: NodeUsage, which: int, width: int) -> list[Cell]:
    room = _room(width)
    values = used.memory if which else used.cpu
    shown = spread(values, timeline.begin, timeline.end, room)
    peak = max((value for _, value in values), default=0.0)
    top = format_bytes(peak) if which else f"{peak:.0f}%"
    name = "memory" if which else "CPU"
    return [
        Cell(f"    {fill(name, _NAME - 2)} ", QUIET),
        Cell(sparkline(shown), "magenta" if which else "blue"),
        Cell(f" {top}", QUIET),
    ]


def _lane(timeline: Timeline, lane: Sequence[Span], width: int) -> list[Cell]:
    room = _room(width)
    size = (timeline.end - timeline.begin) / room if timeline.end > timeline.begin else 1.0
    cells = [Cell(" " * (_NAME + 3))]
    drawn = 0
    for span in lane:
        first = max(drawn, min(room - 1, int((span.begin - timeline.begin) / size)))
        last = max(first + 1, min(room, round((span.end - timeline.begin) / size)))
        if first >= room:
            break
        if first > drawn:
            cells.append(Cell(_IDLE * (first - drawn), QUIET))
        look = look_of(span.status)
        cells.append(Cell(_bar(clean(span.name), span.status, last - first), look.tone))
        drawn = last
    return [*cells, Cell(_IDLE * (room - drawn), QUIET)]


def _bar(name: str, status: str, width: int) -> str:
    """Return a bar with the name in it, if there is room for all of it."""
    glyph = _GLYPHS.get(status, _BROKEN)
    if cell_len(name) > width - 4:
        return glyph * width
    label = f" {name} "
    left = (width - cell_len(label)) // 2
    return glyph * left + label + glyph * (width - left - cell_len(label))


def about_line(line: TimelineLine, now: float) -> list[Cell]:
    """Return more about the line that the cursor is on."""
    if line.node is None:
        return []
    if line.lane is not None:
        parts: list[Cell] = []
        for span in line.lane:
            look = look_of(span.status)
            took = format_seconds(max(0.0, span.end - span.begin))
            words = f" {look.glyph} {clean(span.name)} {said_moment(span.begin, now)} {took} "
            parts.append(Cell(words, look.tone))
        return parts
    gaps = [end - begin for begin, end in idle_gaps(line.node)]
    ran = counted(sum(1 for _ in line.node.spans), "attempt")
    idle = (
        f"idle for {format_seconds(sum(gaps))}, at most {format_seconds(max(gaps))} at a time"
        if gaps
        else "never idle"
    )
    most = counted(len(line.node.lanes), "job")
    return [
        Cell(f" {clean(line.node.name)}", "bold"),
        Cell(f"  {ran}, {most} at once at the most, {idle}", QUIET),
    ]
