"""Driving the interface from a test: keys in, what is seen out."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.screen import Screen
from textual.strip import Strip

from torc_core.client import TorcClient
from torc_core.host.connect import Connection
from torc_core.model.ids import WorkflowId
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.app import TorcApp
from torc_tui.appearance.appearance import USUAL
from torc_tui.screens.main import MainScreen
from torc_tui.state.servers import health
from torc_tui.state.servers.destination import Destination

TIMEOUT_S = 100.0


class Driver:
    """Presses keys and waits for what is then seen."""

    def __init__(self, app, pilot):
        self.app = app
        self.pilot = pilot

    @property
    def board(self) -> MainScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def screen(self) -> Screen[object]:
        return self.app.screen

    def seen(self) -> str:
        """What is on the screen, as text."""
        return "\n".join(strip.text for strip in self.strips())

    def strips(self) -> list[Strip]:
        """What is on the screen, line by line."""
        visible_screen_stack.set(self.app._background_screens)
        return self.app.screen._compositor.render_strips()

    async def press(self, *keys: str) -> None:
        """Press keys, each when all that was asked for before it is answered and shown.

        After the last one only the key itself is answered: a message would go before all is.
        """
        for key in keys:
            await self.rest()
            await self.type_ahead(key)

    async def type_ahead(self, *keys: str) -> None:
        """Press keys, whatever a server or a disk has still to answer."""
        await self.pilot.press(*keys)
        await self.wait_for(lambda: not self.app.typed.is_busy)
        await idle(self.app)

    async def rest(self) -> None:
        """Wait until nothing that was typed or asked for is unanswered."""
        await idle(self.app)
        while self.is_busy:  # an answer may lead to another request
            await self.wait_for(lambda: not self.is_busy)
            await idle(self.app)

    @property
    def is_busy(self) -> bool:
        return self.app.typed.is_busy or self.board.requests.is_busy

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def wait_for(self, what) -> None:
        """Wait for a text to be seen, or for a condition."""
        deadline = time.monotonic() + TIMEOUT_S
        while not (what() if callable(what) else what in self.seen()):
            if time.monotonic() > deadline:
                pytest.fail(f"waited in vain for {what}:\n{self.seen()}")
            await asyncio.sleep(0.01)

    async def open(self, name: str) -> None:
        """Go into the newest workflow of that name."""
        await self.wait_for(name)
        await self.press("g", "right")
        await self.wait_for("[Jobs]")

    async def stop_refreshing(self) -> None:
        """Leave on the screen what is there, whatever happens on the server."""
        board = self.board
        board.opened.feed.close()
        board.refresher.refresh_every(0)
        requests = board.requests
        for _ in range(3):  # an answer may lead to another request
            await self.rest()
            await self.wait_for(
                lambda: board.refresher._soon_timer is None and not requests.is_busy
            )
        await self.rest()


async def idle(app) -> None:
    """Wait until the event loop has nothing to do, and all is laid out.

    Textual's pilot takes a process that is given no processor for one that has nothing to do.
    """
    loop = asyncio.get_running_loop()
    for _ in range(3):  # again for what waits for the layout
        app.screen._on_timer_update()
        is_over = False
        while not is_over:
            await asyncio.sleep(0)
            is_over = not loop._ready


@contextlib.asynccontextmanager
async def interface(
    url: str, size=(80, 24), *, connect=None, run_options=None, configured=None, appearance=USUAL
):
    """Show the interface for the server at `url`, or for the one that `connect` finds.

    That the server of a busy machine answers late is not said, as pictures would differ.
    """
    connect = connect or (lambda: Connection(TorcClient(url), is_embedded=False))
    run_options = run_options or RunnerOptions(workflow_id=WorkflowId(0))
    app = TorcApp(
        Destination(connect),
        user="tester",
        run_options=run_options,
        configured=configured,
        appearance=appearance,
    )
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(health, "_STEPS_S", ())
            patch.setattr(Compositor, "render_update", _draw_nothing)
            async with app.run_test(size=size) as pilot:
                yield Driver(app, pilot)
                app.exit()
    finally:
        app.stop_watches()


def _draw_nothing(compositor: Compositor, **_how: object) -> None:
    """Save what Textual draws for a terminal where there is none; what is seen is asked for."""
    compositor._dirty_regions.clear()
