"""The jobs of a workflow by group: which line shows what, and what it says. Pure.

Nothing is laid out ahead: a line is made when it comes into sight, so there may be any number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from rich.cells import cell_len

from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.operations.progress.groups import JobGraph, Overview
from torc_core.units import counted, format_seconds
from torc_tui.lists.cells import status_cell
from torc_tui.state.column_widths import fill
from torc_tui.state.head.progress import bar
from torc_tui.state.overview.group_lines import count_cells, done_cell, done_widths, left_cells
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_FOLDED, _UNFOLDED = "▸ ", "▾ "
_NEIGHBORS = 3
"""How many jobs that a job needs, or that need it, are named."""
_FIRST = (JobStatus.FAILED, JobStatus.TERMINATED, JobStatus.PENDING_FAILED, JobStatus.RUNNING)
"""Jobs in these statuses lead their group, in this order."""
_RANK = {status: rank for rank, status in enumerate(_FIRST)}
_STATUS = 14


class Spot(NamedTuple):
    """What a line shows."""

    group: int
    place: int | None = None
    """Of a job; None for the group as a whole."""


class Outline:
    """The lines of an overview.

    Args:
        overview: What was read.
        unfolded: Names of the groups whose jobs are shown.
    """

    def __init__(self, overview: Overview, unfolded: Collection[str]) -> None:
        self.overview = overview
        graph = overview.graph
        self._shown: dict[int, Sequence[int]] = {
            number: self.in_order(group.members)
            for number, group in enumerate(graph.groups)
            if group.members and group.size > 1 and group.name in unfolded
        }
        sizes = (1 + len(self._shown.get(at, ())) for at in range(len(graph.groups)))
        self._ends = list(accumulate(sizes))
        names = (cell_len(clean(group.name)) for group in graph.groups)
        self._name_width = max(names, default=0)
        self._done_width = done_widths(overview.progress)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def spot(self, line: int) -> Spot:
        """Return what a line shows."""
        group = bisect_right(self._ends, line)
        first = self._ends[group - 1] if group else 0
        members = self.overview.graph.groups[group].members
        if not members:
            return Spot(group)
        if len(members) == 1:
            return Spot(group, members[0])
        return Spot(group, None if line == first else self._shown[group][line - first - 1])

    def line_of(self, spot: Spot) -> int:
        """Return the line that shows this, or else the one of its group."""
        first = self._ends[spot.group - 1] if spot.group else 0
        shown = self._shown.get(spot.group)
        if spot.place is None or shown is None or spot.place not in shown:
            return first
        return first + 1 + list(shown).index(spot.place)

    def cells(self, line: int, width: int) -> list[Cell]:
        """Return what a line says in so many cells."""
        spot = self.spot(line)
        graph = self.overview.graph
        if spot.place is None or graph.groups[spot.group].size == 1:
            return self._group(spot, width)
        return self._job(spot.place, width)

    def _group(self, spot: Spot, width: int) -> list[Cell]:
        graph, progress = self.overview.graph, self.overview.progress[spot.group]
        group = graph.groups[spot.group]
        name_width = min(self._name_width, max(12, width // 3))
        mark = _UNFOLDED if spot.group in self._shown else _FOLDED
        bar_width = max(8, min(24, width // 4))
        head = [
            Cell(f"{'  ' if group.size == 1 else mark}{fill(clean(group.name), name_width)} ["),
            *bar(progress.counts, bar_width),
            Cell("] "),
            done_cell(progress.counts, self._done_width),
        ]
        if group.size == 1:
            status = status_cell(next(iter(progress.counts)))
            tail = [Cell("  "), status, *left_cells(progress)]
        else:
            tail = [*count_cells(progress.counts), *left_cells(progress)]
        after = ", ".join(clean(graph.groups[each].name) for each in group.after)
        return [*head, *tail, *([Cell(f"  ← {after}", QUIET)] if after else [])]

    def _job(self, place: int, width: int) -> list[Cell]:
        graph = self.overview.graph
        name = f"    {graph.ids[place]}  {clean(graph.names[place])}"
        status = status_cell(self.overview.states.statuses[place])
        return [
            Cell(fill(name, max(24, width // 3)) + "  "),
            Cell(fill(status.text, _STATUS), status.tone),
            *neighbors(graph, place),
        ]

    def in_order(self, members: Sequence[int]) -> Sequence[int]:
        """Return jobs of a group, those first that need a look."""
        statuses = self.overview.states.statuses
        last = len(_FIRST)
        return sorted(members, key=lambda place: _RANK.get(statuses[place], last))  # type: ignore[arg-type]


def neighbors(graph: JobGraph, place: int) -> list[Cell]:
    """Return what a job needs, and what needs it."""
    needs = _named(graph, graph.needs[place], len(graph.needs[place]))
    feeding = list(islice(graph.dependents.of(place), 1000))
    feeds = _named(graph, feeding, len(feeding))
    parts = [("needs ", needs), ("feeds ", feeds)]
    return [Cell(f"  {word}{names}", QUIET) for word, names in parts if names]


def _named(graph: JobGraph, places: Iterable[int], number: int) -> str:
    names = ", ".join(clean(graph.names[each]) for each in islice(places, _NEIGHBORS))
    return f"{names} +{number - _NEIGHBORS:,}" if number > _NEIGHBORS else names


def about(overview: Overview, spot: Spot) -> list[Cell]:
    """Return one line about what the cursor is on: what it needs, and what needs it."""
    graph = overview.graph
    if spot.place is not None:
        found = neighbors(graph, spot.place) or [Cell("  depends on nothing", QUIET)]
        return [Cell(f" {clean(graph.names[spot.place])}", "bold"), *found]
    group = graph.groups[spot.group]
    feeds = [each for each in graph.groups if spot.group in each.after]
    parts = [
        ("needs ", ", ".join(clean(graph.groups[each].name) for each in group.after)),
        ("feeds ", ", ".join(clean(each.name) for each in feeds)),
    ]
    said = [Cell(f"  {word}{names}", QUIET) for word, names in parts if names]
    number = counted(group.size, "job")
    return [Cell(f" {clean(group.name)}", "bold"), Cell(f"  {number}", QUIET), *said]


def path_line(overview: Overview, width: int) -> list[Cell]:
    """Return the critical path: how long it takes, and as many of its jobs as fit."""
    graph, path = overview.graph, overview.path
    if graph.more_groups:
        number = len(graph.groups)
        read = f" The first {number:,} of {number + graph.more_groups:,} groups."
        return [Cell(read, "yellow")]
    if graph.is_partial:
        read = f" The first {len(graph.ids):,} of {graph.total:,} jobs; the others were not read."
        return [Cell(read, "yellow")]
    if len(path.places) < 2:
        return []
    if graph.is_by_group:
        shown = [clean(graph.groups[place].name) for place in path.places]
        takes = (
            f"{len(shown):,} groups"
            if path.seconds is None
            else f"at most {format_seconds(path.seconds)}, a job of each group"
        )
    else:
        shown = [clean(graph.names[place]) for place in path.places]
        takes = f"{len(shown):,} jobs" if path.seconds is None else format_seconds(path.seconds)
    text = f" critical path {takes}: "
    room = width - cell_len(text)
    for left_out in range(len(shown)):
        kept = _without_middle(shown, left_out)
        if cell_len(" → ".join(kept)) <= room:
            break
    return [Cell(text, QUIET), Cell(" → ".join(kept))]


def _without_middle(names: Sequence[str], left_out: int) -> list[str]:
    """Return names with "…" for as many of them in the middle; the last names stay longest."""
    if not left_out:
        return list(names)
    first = (len(names) - left_out) // 2
    return [*names[:first], "…", *names[first + left_out :]]


def jobs_at(overview: Overview, spot: Spot, workflow_id: WorkflowId, most: int) -> list[Job]:
    """Return the job under the cursor, or those of the group; none if they are too many."""
    graph, states = overview.graph, overview.states
    members = graph.groups[spot.group].members
    places = members if spot.place is None else [spot.place]
    if len(places) > most:
        return []
    return [
        Job(
            id=JobId(graph.ids[each]),
            workflow_id=workflow_id,
            name=graph.names[each],
            command="",
            status=states.statuses[each],
            attempt_id=states.attempts[each],
        )
        for each in places
    ]
