"""Which of several adjacent pieces of text the mouse is on."""

from __future__ import annotations

from collections.abc import Iterable


def piece_at(widths: Iterable[int], x: int, *, gap: int = 0) -> int | None:
    """Return the index of the piece that the cell `x` belongs to; None for none.

    Args:
        widths: Of the pieces in cells, from the left; 0 for one that is not shown.
        x: Counted from the left of the first piece.
        gap: Cells behind each piece; they belong to none.
    """
    left = 0
    for at, width in enumerate(widths):
        if left <= x < left + width:
            return at
        left += width + gap if width else 0
    return None
