"""Lines that moved: found by what they hold, so that the terminal can move them itself."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from torc_tui.driver.cells import Row

_EDGE = 2
"""Columns at the right that may differ: a scroll bar does not move with the text."""
_LEAST_SAVED = 60
"""Cells; to scroll takes some thirty bytes, and what it uncovers is written again."""


class Scroll(NamedTuple):
    """Lines from top to bottom move up by some, or down by a negative number."""

    top: int
    bottom: int
    lines: int


def find_scroll(shown: list[Row], wanted: list[Row]) -> Scroll | None:
    """Return the scrolling after which most of what is wanted is shown, if it saves enough."""
    old, new = [_key(row) for row in shown], [_key(row) for row in wanted]
    places = {key: y for y, key in enumerate(old) if key is not None}
    counted = Counter(old)
    shifts = Counter(
        places[key] - y
        for y, key in enumerate(new)
        if key in places and counted[key] == 1 and old[y] != key
    )
    for lines, votes in shifts.most_common(2):
        found = _region(old, new, lines) if votes > 1 else None
        if found is not None and _saved(found, shown, wanted) >= _LEAST_SAVED:
            return found
    return None


def _key(row: Row) -> int | None:
    part = row[:-_EDGE]
    if None in part:
        return None
    return hash(tuple(part))


def _region(old: list[int | None], new: list[int | None], lines: int) -> Scroll | None:
    """Return the longest run of lines that all moved by so many."""
    best: tuple[int, int] = (0, 0)
    start = None
    for y in range(len(new) + 1):
        source = y + lines
        moved = (
            y < len(new) and 0 <= source < len(old) and new[y] is not None
            and new[y] == old[source]
        )  # fmt: skip
        if moved and start is None:
            start = y
        elif not moved and start is not None:
            best = max(best, (y - start, start))
            start = None
    length, first = best
    if length < 2:
        return None
    top, bottom = min(first, first + lines), max(first, first + lines) + length - 1
    return Scroll(top, bottom, lines)


def _saved(scroll: Scroll, shown: list[Row], wanted: list[Row]) -> int:
    """Return how many cells fewer differ after scrolling."""
    saved = 0
    for y in range(scroll.top, scroll.bottom + 1):
        source = y + scroll.lines
        before = _differing(shown[y], wanted[y])
        if scroll.top <= source <= scroll.bottom:
            saved += before - _differing(shown[source], wanted[y])
        else:
            blanks = sum(cell is not None and cell[0] != " " for cell in wanted[y])
            saved += before - blanks
    return saved


def _differing(shown: Row, wanted: Row) -> int:
    if shown == wanted:
        return 0
    return sum(new is not None and old != new for old, new in zip(shown, wanted, strict=True))
