"""Finding jobs and groups of a graph by name. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from torc_core.operations.progress.groups import Overview
from torc_tui.state.graph.outline import Outline, Spot


def find(outline: Outline, text: str) -> list[Spot]:
    """Return what has a text in its name, in either case, in the order of the outline.

    Jobs of a group that has it are not named one by one.
    """
    graph = outline.overview.graph
    needle, names = text.casefold(), graph.names
    found: list[Spot] = []
    for number, group in enumerate(graph.groups):
        if len(group.members) != 1 and needle in group.name.casefold():
            found.append(Spot(number))
            continue
        matching = [place for place in group.members if needle in names[place].casefold()]
        found += [Spot(number, place) for place in outline.in_order(matching)]
    return found


def name_at(overview: Overview, spot: Spot) -> str:
    """Return the name of a job or group; not clean."""
    graph = overview.graph
    return graph.groups[spot.group].name if spot.place is None else graph.names[spot.place]


def step_from(found: Sequence[Spot], spot: Spot, step: int) -> int:
    """Return the index of the next match, or of the previous one, wrapping around at the end.

    Args:
        found: At least one, in the order of the outline.
        spot: Where the cursor is.
        step: 1 for the next, -1 for the previous, 0 for the first from the cursor on.
    """
    if spot in found:
        return (found.index(spot) + step) % len(found)
    before = sum(each.group < spot.group for each in found)
    return (before + min(step, 0)) % len(found)
