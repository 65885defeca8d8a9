"""How wide the columns of a table are: as wide as their data, and all of them in the room given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from torc_tui.state.rows import Column, Row

GAP = 2
"""Cells between two columns."""
_NARROWEST = 8
"""Below this a column that must shrink is dropped instead."""


def measure(columns: Sequence[Column], rows: Iterable[Row], so_far: Sequence[int]) -> list[int]:
    """Return the width that each column would like, never less than `so_far`.

    Widths only grow, so that a table does not dance while it is read.
    """
    widths = [
        max(cell_len(c.title) + bool(c.sort_by), c.least, w)
        for c, w in zip(columns, so_far, strict=True)
    ]
    for row in rows:
        for at, cell in enumerate(row.cells):
            if len(cell.text) > widths[at] or not cell.text.isascii():
                widths[at] = max(widths[at], cell_len(cell.text))
    return [min(width, column.widest) for column, width in zip(columns, widths, strict=True)]


def fit(columns: Sequence[Column], wanted: Sequence[int], room: int) -> list[int]:
    """Return the widths of the columns in `room` cells; 0 for those that are left out.

    The last column takes what is left over, or shrinks first. If that is not enough, columns go
    in the order of their rank; the first column always stays.
    """
    shown = list(range(len(columns)))
    while len(shown) > 1:
        spare = room - sum(wanted[at] + GAP for at in shown) + GAP
        if spare >= 0 or wanted[shown[-1]] + spare >= _NARROWEST:
            break
        shown.remove(max(shown[1:], key=lambda at: (columns[at].rank, at)))
    widths = [wanted[at] if at in shown else 0 for at in range(len(columns))]
    if shown:
        last = shown[-1]
        left = max(0, room - sum(widths[at] + GAP for at in shown[:-1]))
        widths[last] = min(left, wanted[last]) if columns[last].is_number else left
    return widths


def fill(text: str, width: int, *, is_number: bool = False) -> str:
    """Return `text` in exactly `width` cells, cut with "…" when it is longer."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width else ""
    space = " " * (width - length)
    return space + text if is_number else text + space
