"""What the interface has started and has ended is gone while the interface goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tui.driving import interface
from tui.runs_here import FALLS, create, run
from zombies import zombies_of

from torc_core.host.connect import Choice, connect
from torc_core.host.embedded_server import running_server, stop_server
from torc_core.host.runs import list_runs
from torc_tui.screens.dialogs.confirm import Confirm


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in a directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def is_gone(pid):
    return not Path(f"/proc/{pid}").exists()


async def wait_for_end(ui, number):
    """Wait until so many runs have been started, and the process of each is gone."""
    await ui.wait_for(lambda: len(list_runs()) == number)
    await ui.wait_for(lambda: all(each.meta.process for each in list_runs()))
    pids = [each.meta.process.pid for each in list_runs()]
    await ui.wait_for(lambda: all(map(is_gone, pids)))


async def test_runs_and_recoveries(server, here):
    async with interface(server.url, (160, 48)) as ui:
        await run(ui, here, FALLS)
        await ui.wait_for("✗ 2 failed")
        await wait_for_end(ui, 1)
        await ui.press("V")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for("✓ 2 completed  ✗ 1 failed")
        await wait_for_end(ui, 2)
        assert zombies_of() == {}


async def test_watches(server, here):
    async with interface(server.url, (160, 48)) as ui:
        await create(ui, here, FALLS)
        await ui.press("n", "W")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for("No recoverable jobs found")
        runs = len(list_runs())
        assert runs > 0
        await wait_for_end(ui, runs)


@pytest.fixture
def _own_server():
    yield
    stop_server()


@pytest.mark.usefixtures("_own_server")
async def test_servers():
    connection = connect(Choice(standalone=True))
    async with interface("", connect=lambda: connection) as ui:
        for _ in range(2):
            await ui.wait_for("● own server")
            pid = running_server().process.pid
            await ui.press("K")
            await ui.wait_for("Stop the server at")
            await ui.press("y")
            await ui.wait_for("○ server stopped, S starts it")
            await ui.wait_for(lambda pid=pid: is_gone(pid))
            await ui.press("S")
            await ui.wait_for("Start a server on this machine?")
            await ui.press("y")
        await ui.wait_for("● own server")
