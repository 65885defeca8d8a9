"""Servers started, stopped and read about in the interface."""

from __future__ import annotations

import sys

import pytest
from tui.driving import interface
from tui.pty_screen import PtyScreen

from torc_core.host.addresses import LOOPBACK, bound_socket
from torc_core.host.connect import Choice, connect
from torc_core.host.embedded_server import running_server, stop_server
from torc_core.host.servers.place import place_of
from torc_core.model.workflow import Workflow
from torc_tui.screens.logs.screen import LogScreen


@pytest.fixture
def _own_server():
    yield
    stop_server()


async def start_again(ui):
    await ui.press("S")
    await ui.wait_for("Start a server on this machine?")
    await ui.press("y")
    await ui.wait_for("● own server")


@pytest.mark.usefixtures("_own_server")
async def test_a_server_that_was_stopped_stays_so_until_it_is_started_again():
    connection = connect(Choice(standalone=True))
    connection.client.create_workflow(Workflow(name="kept", user="tester"))
    async with interface("", connect=lambda: connection) as ui:
        await ui.wait_for("● own server")
        await ui.wait_for("kept")
        await ui.press("O")
        await ui.wait_for(lambda: isinstance(ui.screen, LogScreen))
        await ui.wait_for("listening on port")
        await ui.press("q")
        await ui.press("K")
        await ui.wait_for("No run of this machine uses it.")
        await ui.press("n")
        assert running_server() is not None
        await ui.press("K")
        await ui.wait_for("Stop the server at")
        await ui.press("y")
        await ui.wait_for("○ server stopped, S starts it")
        await ui.press("r")
        await ui.wait_for("Press S to start the server.")
        assert running_server() is None
        await start_again(ui)
        await ui.wait_for("kept")


@pytest.mark.usefixtures("_own_server")
async def test_a_server_that_another_interface_stopped_is_started_on_purpose_only():
    connection = connect(Choice(standalone=True))
    async with interface("", connect=lambda: connection) as ui:
        await ui.wait_for("● own server")
        stop_server()
        await ui.press("r")
        await ui.wait_for("✗ no answer from own server")
        await ui.wait_for("Press S to start the server.")
        await ui.press("r")
        await ui.wait_for("Press S to start the server.")
        assert running_server() is None
        await start_again(ui)


async def test_a_server_of_others_is_neither_stopped_nor_read(server):
    async with interface(server.url) as ui:
        await ui.wait_for("● 127.0.0.1")
        for key in "KO":
            await ui.press(key)
            await ui.wait_for("was not started by torc here.  Ask where")
            await ui.press("r")
            await ui.wait_for(lambda: "not started" not in ui.seen())
    server.client().ping()


def test_a_server_started_with_the_interface_outlives_it(tmp_path):
    held = bound_socket(LOOPBACK, 0)  # so that no other process gets its port
    port = held.getsockname()[1]
    place = place_of(tmp_path / "study.db")
    screen = PtyScreen(
        [
            *(sys.executable, "-m", "torc_tui", "tui"),
            *("--database", str(place.database), "--port", str(port)),
        ],
        columns=80,
        rows=24,
        environ={},
        cwd=tmp_path,
    )
    try:
        screen.wait_for("● server of study.db")
        screen.send("q")
        assert screen.wait_for_end() == 0
        running = running_server(place)
        assert running is not None
        assert running.port == port
    finally:
        screen.close()
        stop_server(place)
        held.close()
