"""Workers for which the keys behind them wait: they open or close a screen, or move the cursor."""

from __future__ import annotations

from textual.screen import Screen
from textual.worker import get_current_worker

AWAITED = "awaited"
"""The name of such a worker."""


def awaited_in(screen: Screen[object]) -> int:
    """Return how many such workers of the screen in sight, and its widgets, are at work."""
    return sum(
        each.name == AWAITED and not each.is_finished and screen in each.node.ancestors_with_self
        for each in screen.app.workers
    )


def await_no_more() -> None:
    """Let keys be answered although the present worker goes on, as it asks nothing more."""
    get_current_worker().name = ""
