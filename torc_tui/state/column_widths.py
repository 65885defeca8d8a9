"""The columns of a table: as wide as their data, fitted into the room there is, and filled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from torc_tui.lists.listing import Column, Query, Row
from torc_tui.theme import Cell

GAP = 2
"""Cells between two columns."""
_NARROWEST = 8
"""Below this a column that must shrink is dropped instead."""


def measure(columns: Sequence[Column], rows: Iterable[Row], so_far: Sequence[int]) -> list[int]:
    """Return the natural width of each column, never less than `so_far`.

    Widths only grow, so that columns do not move while they are read.
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


def fit(columns: Sequence[Column], natural: Sequence[int], room: int) -> list[int]:
    """Return the widths of the columns in `room` cells; 0 for those that are left out.

    The last column takes the rest, or shrinks first unless it holds words. If that is not enough,
    columns are dropped in the order of their rank; before one of rank 0 is dropped, those that
    have a `shrink_to` shrink. The first column always stays.
    """
    shown = list(range(len(columns)))
    while True:
        lack = sum(natural[at] + GAP for at in shown) - GAP - room
        goes = max(shown[1:], key=lambda at: (columns[at].rank, at), default=0)
        gives = _shrinkable(columns, natural, shown, is_last_resort=not columns[goes].rank)
        if not goes or lack <= sum(gives.values()):
            break
        shown.remove(goes)
    widths = [natural[at] if at in shown else 0 for at in range(len(columns))]
    for at, most in gives.items():
        given = max(0, min(most, lack))
        widths[at] -= given
        lack -= given
    last = shown[-1]
    left = max(0, room - sum(widths[at] + GAP for at in shown[:-1]))
    widths[last] = min(left, natural[last]) if columns[last].is_number else left
    return widths


def _shrinkable(
    columns: Sequence[Column], natural: Sequence[int], shown: Sequence[int], *, is_last_resort: bool
) -> dict[int, int]:
    """Return by how many cells each column can shrink, in the order in which they do."""
    last = shown[-1]
    least = _NARROWEST if is_last_resort else max(_NARROWEST, columns[last].shrink_to)
    gives = {} if columns[last].min_width else {last: max(0, natural[last] - least)}
    if is_last_resort:
        for at in shown[:-1]:
            if columns[at].shrink_to:
                gives[at] = max(0, natural[at] - columns[at].shrink_to)
    return gives


def fill(text: str, width: int, *, is_number: bool = False) -> str:
    """Return `text` in exactly `width` cells, cut with "…" when it is longer."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width else ""
    space = " " * (width - length)
    return space + text if is_number else text + space


def title_line(columns: Sequence[Column], query: Query, widths: Sequence[int]) -> str:
    """Return the titles of the columns, with an arrow at the one that the rows are sorted by."""
    arrow = "▼" if query.reverse else "▲"
    titles = []
    for column, width in zip(columns, widths, strict=False):
        if width:
            is_sorted = column.sort_by and column.sort_by == query.sort_by
            title = column.title + (arrow if is_sorted else "")
            titles.append(fill(title, width, is_number=column.is_number))
    return (" " * GAP).join(titles)


def row_line(columns: Sequence[Column], row: Row, widths: Sequence[int]) -> list[Cell]:
    """Return the cells of a row, each filled to the width of its column and the gap behind it."""
    return [
        Cell(fill(cell.text, width, is_number=column.is_number) + " " * GAP, cell.tone)
        for column, cell, width in zip(columns, row.cells, widths, strict=False)
        if width
    ]
