"""A screen that appears as soon as possible: what its first picture does not show comes later."""

from __future__ import annotations

import asyncio

from textual.screen import Screen


class FirstPicture(Screen[None]):
    """Is painted once it is laid out, and then completed."""

    def __init__(self) -> None:
        super().__init__()
        self.is_laid_out = False
        self.completed = asyncio.Event()
        """All is there that keys may need; that is soon after the first picture."""

    def on_mount(self) -> None:
        """Paint when all widgets have their places."""
        self.call_after_refresh(self._paint)

    def _compositor_refresh(self) -> None:
        if self.is_laid_out:  # Textual would paint each step on the way there
            super()._compositor_refresh()

    def _paint(self) -> None:
        self.is_laid_out = True
        self._compositor_refresh()
        self.call_after_refresh(self._complete)

    async def _complete(self) -> None:
        await self.complete()
        self.completed.set()

    async def complete(self) -> None:
        """Add what the first picture does not show."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuse clicks that come before all is there that they may need; keys wait for it."""
        return self.completed.is_set() and super().check_action(action, parameters)
