"""Keys one at a time: each goes to what has the focus once the one before was answered.

Textual hands each key at once to what has the focus. What is typed faster than it is answered, as
on a busy machine, would go to the field or the screen that the key before it is about to leave, or
to a list whose rows are still to come. And what is typed ahead of a slow server would not answer
the question that the key before it asks, but do something else: `y` retries a job.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Protocol

from textual.events import Event

_ROUNDS = 40
"""Of the event loop, in which a key is answered: it goes from widget to widget, and then what it
sets off, one message in each round. Some twenty are needed, however busy the machine is."""
_MOST_ROUNDS = 1000
"""Until the screen that a key opens can take the next one; the wizard needs sixty."""
_LOOK_S = 0.02
_MOST_S = 10.0
"""How long a key waits for its row, or its screen."""
AHEAD_S = 1.0
"""A key that comes later than this is not typed ahead: the user has seen that nothing came yet."""


class Awaited(Protocol):
    """Knows what keys have to wait for."""

    def actions(self) -> int:
        """Return how many actions may still open a screen, or move the cursor."""

    def is_early(self, event: Event) -> bool:
        """Return whether a key is about a row that is not there yet."""

    def leaves(self, event: Event) -> bool:
        """Return whether a key leaves what is in sight, so that rows are not waited for."""

    def quits(self, event: Event) -> bool:
        """Return whether a key ends the interface, whatever is in sight."""

    def say_dropped(self) -> None:
        """Say that keys were dropped, as what they were typed for has not come."""


class InTurn:
    """Holds back what was typed until the key before it is answered.

    Args:
        hand_over: Gives a key to what has the focus.
        is_ready: Whether the screen in sight is complete.
        awaited: What keys may have to wait for.
    """

    def __init__(
        self,
        hand_over: Callable[[Event], Awaitable[None]],
        is_ready: Callable[[], bool],
        awaited: Awaited,
    ) -> None:
        self._hand_over = hand_over
        self._is_ready = is_ready
        self._awaited = awaited
        self._waiting: deque[Event] = deque()
        self._last_s = -AHEAD_S
        """When the key was typed that began the latest of these actions."""
        self._since_s = 0.0
        """What was typed before counts no longer."""
        self.is_busy = False
        """Keys were typed that are not answered yet."""
        self.has_begun = False
        """Something was typed at all."""

    def take(self, event: Event) -> bool:
        """Take a key; return whether `work_off` has to be called for it."""
        self.has_begun = True
        if event.time < self._since_s:
            return False
        self._waiting.append(event)
        was_busy, self.is_busy = self.is_busy, True
        return not was_busy

    def drop(self) -> None:
        """Drop what was typed until now, also what has not arrived yet."""
        self._since_s = monotonic()
        self._waiting.clear()

    async def work_off(self) -> None:
        """Hand over what waits, one after the other."""
        try:
            while await self._is_next_due():
                event, before = self._waiting.popleft(), self._awaited.actions()
                await self._hand_over(event)
                await self._answered()
                if self._awaited.actions() > before:
                    self._last_s = event.time
        finally:
            self.is_busy = False

    async def _is_next_due(self) -> bool:
        """Wait for what the next key is meant for; return whether one is left to hand over."""
        until = monotonic() + _MOST_S
        while self._waiting and (since_s := self._waits_since()) is not None:
            if any(self._gives_up(each, since_s) for each in self._waiting):
                self._waiting.popleft()
            elif monotonic() > until:
                # All of them: those behind were meant for what the first one opens.
                self._waiting.clear()
                self._awaited.say_dropped()
            else:
                await asyncio.sleep(_LOOK_S)
        return bool(self._waiting)

    def _waits_since(self) -> float | None:
        """Return from when on the next key has to wait; None if it is due."""
        event = self._waiting[0]
        if self._awaited.quits(event):
            return None
        if self._awaited.actions():
            return self._last_s if event.time - self._last_s < AHEAD_S else None
        return event.time if self._awaited.is_early(event) else None

    def _gives_up(self, event: Event, since_s: float) -> bool:
        """Return whether a key shows that those before it are no longer meant."""
        is_late = event.time - since_s >= AHEAD_S
        is_meant = self._awaited.actions() > 0 or self._awaited.leaves(event)
        return self._awaited.quits(event) or (is_late and is_meant)

    async def _answered(self) -> None:
        for done in range(_MOST_ROUNDS):
            if done >= _ROUNDS and self._is_ready():
                return
            await asyncio.sleep(0)
