"""A damaged run is offered like any other, and says what is wrong with it."""

from __future__ import annotations

import os

from torc_core.host.directories import runs_directory


def test_a_damaged_run_says_what_is_wrong(start_tui, server):
    directory = runs_directory() / "20260102T000000-wf1-\x1b[31mabc"
    directory.mkdir()
    os.mkfifo(directory / "meta.json")
    screen = start_tui(server.url, 250, 48)  # wide enough for the path and a sentence
    screen.wait_for("Workflows")
    screen.send("H")
    screen.wait_for("✗ damaged", "20260102T000000-wf1-␛[31mabc", "Its meta.json is")
    screen.send("\r")
    screen.wait_for("Damaged run", "Its meta.json is a pipe or a device, not a file.", "rm -r")
    screen.send("q")
    screen.wait_for("torc ▸ Workflows", gone="Damaged run")
