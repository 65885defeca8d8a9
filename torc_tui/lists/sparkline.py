"""Numbers over time in one line of blocks."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = " ▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], highest: float = 0.0) -> str:
    """Return a block for each value; "·" where there is none.

    Args:
        values: Not negative. Any that is not zero has a block that can be seen.
        highest: The value of a full block; by default the largest one.
    """
    top = highest or max((value for value in values if value is not None), default=0.0)
    return "".join("·" if value is None else _block(value, top) for value in values)


def _block(value: float, top: float) -> str:
    if value <= 0 or top <= 0:
        return _BLOCKS[1] if value > 0 else " "
    last = len(_BLOCKS) - 1
    return _BLOCKS[max(1, min(last, round(value / top * last)))]


def spread(
    points: Sequence[tuple[float, float]], begin: float, end: float, cells: int
) -> list[float | None]:
    """Return the highest value of each part of a time; None where there is none."""
    found: list[float | None] = [None] * cells
    size = (end - begin) / cells if cells and end > begin else 0.0
    for moment, value in points:
        at = int((moment - begin) / size) if size else 0
        if 0 <= at < cells:
            found[at] = max(value, found[at] or 0.0)
    return found
