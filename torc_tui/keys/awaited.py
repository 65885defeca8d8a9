"""What keys wait for: workers that open or close a screen or move the cursor, and rows."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from textual.events import Key
from textual.screen import Screen
from textual.worker import get_current_worker

AWAITED = "awaited"
"""The name of such a worker."""


@runtime_checkable
class AwaitsRows(Protocol):
    """A screen with a list that comes later than the screen."""

    def is_early(self, event: Key) -> bool:
        """Return whether a key is about a row that was not there when it was typed."""

    def say_early(self, text: str) -> None:
        """Say that keys were dropped, as what they were typed for has not come."""


def awaited_in(screen: Screen[object]) -> int:
    """Return how many such workers of the screen in sight, and its widgets, are at work."""
    return sum(
        each.name == AWAITED and not each.is_finished and screen in each.node.ancestors_with_self
        for each in screen.app.workers
    )


def await_no_more() -> None:
    """Let keys be answered although the present worker goes on, as it asks nothing more."""
    get_current_worker().name = ""
