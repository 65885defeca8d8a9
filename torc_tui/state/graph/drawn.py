"""What a drawing is."""

from __future__ import annotations

from dataclasses import dataclass

from torc_tui.theme import Cell


@dataclass(frozen=True, slots=True)
class Drawing:
    """Lines of cells, all lines of one width."""

    lines: list[list[Cell]]
    width: int
    root: int = 0
    """The line in which it begins, at the left; it may be far below the first line."""
