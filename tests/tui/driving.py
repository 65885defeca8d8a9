"""Driving the interface from a test: keys in, what is seen out."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
from textual.screen import Screen

from torc_core.client import TorcClient
from torc_core.config.slurm import SlurmSettings
from torc_core.host.connect import Connection
from torc_core.model.ids import WorkflowId
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.app import TorcApp
from torc_tui.screens.main import MainScreen

TIMEOUT_S = 30.0


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
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.pilot.press(*text)

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
            await self.pilot.pause()
            await self.wait_for(
                lambda: (
                    board.refresher._soon_timer is None
                    and not (requests._busy or requests._waiting)
                )
            )
        await self.pilot.pause()


@contextlib.asynccontextmanager
async def interface(url: str, size=(80, 24), *, connect=None, run_options=None):
    """Show the interface for the server at `url`, or for the one that `connect` finds."""
    connect = connect or (lambda: Connection(TorcClient(url), is_embedded=False))
    run_options = run_options or RunnerOptions(workflow_id=WorkflowId(0))
    app = TorcApp(connect, user="tester", run_options=run_options, slurm=SlurmSettings())
    async with app.run_test(size=size) as pilot:
        yield Driver(app, pilot)
        app.exit()
