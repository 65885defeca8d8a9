"""What the interface does before its first picture, and what only after it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tui.driving import interface

LATER = (
    "httpx",
    "litestar",
    "plotext",
    "sqlite3",
    "yaml",
    "torc_core.host.embedded_server",
    "torc_core.operations.lifecycle.run",
    "torc_core.spec",
    "torc_tui.panes.opened",
    "torc_tui.screens.creating",
    "torc_tui.screens.logs",
    "torc_tui.screens.repair",
)
"""Modules that only keys, or the answers of a server, need."""


@pytest.mark.parametrize("module", ["torc_tui.cli.commands.tui", "torc_tui.process.run"])
def test_what_only_keys_need_is_not_imported_before_the_first_picture(module):
    look = f"import sys, {module}; print(*sorted({set(LATER)} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


async def test_the_pane_of_a_workflow_follows_the_first_picture_and_clicks_wait_for_it():
    async with interface("http://127.0.0.1:9", (160, 48)) as ui:
        await ui.wait_for("quit")
        await ui.wait_for(ui.board.completed.is_set)
        assert ui.board.opened.is_mounted
        assert ui.board.check_action("request", ("view.help",))
        ui.board.completed.clear()
        assert not ui.board.check_action("request", ("view.help",))
