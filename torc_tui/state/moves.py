"""Where keys move in anything that is longer than the screen."""

from __future__ import annotations


def moved(where: str, at: int, page: int, last: int) -> int:
    """Return the line that a move leads to; it may lie before the first or behind the last.

    Args:
        where: up, down, page_up, page_down, top or bottom.
        at: The present line.
        page: How many lines are in sight.
        last: The last line.
    """
    return {
        "up": at - 1,
        "down": at + 1,
        "page_up": at - page,
        "page_down": at + page,
        "top": 0,
        "bottom": last,
    }[where]
