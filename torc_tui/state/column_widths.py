"""How wide the columns of a table are: as wide as their data, and all of them in the room given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from torc_tui.lists.listing import Column, Row

GAP = 2
"""Cells between two columns."""
_NARROWEST = 8
"""Below this a column that must shrink is dropped instead."""


def measure(columns: Sequence[Column], rows: Iterable[Row], so_far: Sequence[int]) -> list[int]:
    """Return the width that each column would like, never less than `so_far`.

    Widths only grow, so that a table does not dance while it is read.
    """
    widths = [
        max(cell_len(c.title) + bool(c.sort_by), c.min_width, w)
        for c, w in zip(columns, so_far, strict=True)
    ]
    for row in rows:
        for at, cell in enumerate(row.cells):
            if len(cell.text) > widths[at] or not cell.text.isascii():
                widths[at] = max(widths[at], cell_len(cell.text))
    return [min(width, column.max_width) for column, width in zip(columns, widths, strict=True)]


def fit(columns: Sequence[Column], wanted: Sequence[int], room: int) -> list[int]:
    """Return the widths of the columns in `room` cells; 0 for those that are left out.

    The last column takes what is left over, or shrinks first unless it holds words. If that is not
    enough, columns go in the order of their rank; before one of rank 0 goes, those that have a
    `shrink_to` give way. The first column always stays.
    """
    shown = list(range(len(columns)))
    while True:
        lack = sum(wanted[at] + GAP for at in shown) - GAP - room
        goes = max(shown[1:], key=lambda at: (columns[at].rank, at), default=0)
        gives = _what_gives(columns, wanted, shown, is_last_resort=not columns[goes].rank)
        if not goes or lack <= sum(gives.values()):
            break
        shown.remove(goes)
    widths = [wanted[at] if at in shown else 0 for at in range(len(columns))]
    for at, most in gives.items():
        given = max(0, min(most, lack))
        widths[at] -= given
        lack -= given
    last = shown[-1]
    left = max(0, room - sum(widths[at] + GAP for at in shown[:-1]))
    widths[last] = min(left, wanted[last]) if columns[last].is_number else left
    return widths


def _what_gives(
    columns: Sequence[Column], wanted: Sequence[int], shown: Sequence[int], *, is_last_resort: bool
) -> dict[int, int]:
    """Return how many cells each column can give, in the order in which they are taken."""
    last = shown[-1]
    gives = {} if columns[last].min_width else {last: max(0, wanted[last] - _NARROWEST)}
    if is_last_resort:
        for at in shown[:-1]:
            if columns[at].shrink_to:
                gives[at] = max(0, wanted[at] - columns[at].shrink_to)
    return gives


def fill(text: str, width: int, *, is_number: bool = False) -> str:
    """Return `text` in exactly `width` cells, cut with "…" when it is longer."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width else ""
    space = " " * (width - length)
    return space + text if is_number else text + space
