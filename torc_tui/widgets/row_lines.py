"""What the lines of a table hold: titles, a row, or what stands below the last one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from torc_tui.lists.listing import Column, Query, Row
from torc_tui.state.column_widths import row_line, title_line
from torc_tui.theme import QUIET, Cell, tone_style

GUTTER = 2
"""Cells for the cursor and for marks."""
CURSOR, LEFT_CURSOR = ">", "·"
"""With the focus, and where it will be when the focus is back."""


def header(
    columns: Sequence[Column], query: Query, widths: Sequence[int], width: int, style: Style
) -> Strip:
    """Return the titles of the columns."""
    text = " " * GUTTER + title_line(columns, query, widths)
    return Strip([Segment(text, style)]).crop_extend(0, width, style)


def filler(text: str, width: int, style: Style) -> Strip:
    """Return a line without a row; `text` says why there is none."""
    segment = Segment(" " * GUTTER + text, style + tone_style(QUIET))
    return Strip([segment]).crop_extend(0, width, style)


def row_strip(
    columns: Sequence[Column],
    row: Row | None,
    widths: Sequence[int],
    width: int,
    style: Style,
    *,
    gutter: str,
) -> Strip:
    """Return the line of a row.

    Args:
        columns: Those of the list.
        row: None while it is not known.
        widths: Those of the columns.
        width: That of the line.
        style: That of the whole line; under the cursor with the focus, the only one.
        gutter: The cursor and the mark; spaces where they are not.
    """
    if row is None:
        segments = [Segment(gutter, style), Segment("…", style + tone_style(QUIET))]
        return Strip(segments).crop_extend(0, width, style)
    cells = row_line(columns, row, widths)
    return Strip(segments_of(cells, style, gutter=gutter)).crop_extend(0, width, style)


def segments_of(cells: Iterable[Cell], style: Style, *, gutter: str) -> list[Segment]:
    """Return cells behind their gutter; under the cursor with the focus all have one style."""
    is_bar = gutter.startswith(CURSOR)
    return [
        Segment(gutter, style),
        *(
            Segment(text, style if is_bar or not tone else style + tone_style(tone))
            for text, tone in cells
        ),
    ]


def fitted(segments: Iterable[Segment], width: int, style: Style) -> Strip:
    """Return a line of exactly so many cells; one that is too long ends with "…"."""
    strip = Strip(segments)
    if strip.cell_length > width:
        strip = Strip([*strip.crop(0, width - 1), Segment("…", style)])
    return strip.crop_extend(0, width, style)


def gutter_of(is_cursor: bool, *, has_focus: bool) -> str:
    """Return the gutter of a line without marks."""
    sign = (CURSOR if has_focus else LEFT_CURSOR) if is_cursor else ""
    return sign.ljust(GUTTER)
