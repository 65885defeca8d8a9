"""The wizard in a real terminal: from nothing to a workflow that has run."""

from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.spec import load_workflow

CTRL_N, CTRL_S, ENTER, DOWN = "\x0e", "\x13", "\r", "\x1b[B"


@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
def test_from_nothing_to_a_workflow_that_has_run(start_tui, make_server, tmp_path, size):
    own = make_server()
    screen = start_tui(own.url, *size, XDG_STATE_HOME=str(tmp_path / "state"))
    screen.wait_for("● ")
    screen.send("m")
    screen.wait_for("step 1 of 7", "[Basics]", "to do (C-g)")
    screen.send(f"sorting{ENTER}{ENTER}")
    screen.wait_for("step 2 of 7")
    for add, name, command, parameters in (
        ("", "make_{i}", "seq {i} 3 20 > part_{i}.txt", "i: 1:3"),
        ("a", "sort", "sort -n part_*.txt > sorted.txt", ""),
    ):
        screen.send(ENTER.join([add + name, command, parameters, ""]))
    screen.send(CTRL_N)
    screen.wait_for("step 3 of 7", "> sort")
    screen.send(ENTER)
    screen.wait_for("Space marks the jobs")
    screen.send(" ")
    screen.wait_for("[x] make_{i}")
    for step in range(4, 8):
        screen.send(CTRL_N)
        screen.wait_for(f"step {step} of 7")
    screen.wait_for("✓ complete: 4 jobs", "Stage 2", "sorting.yaml")
    screen.send(CTRL_S)
    screen.wait_for("✓ 4 completed")

    assert (tmp_path / "sorted.txt").read_text().split() == [str(n) for n in range(1, 21)]
    assert len(load_workflow(Path(tmp_path / "sorting.yaml")).jobs) == 4
    assert screen.end() == 143


def test_an_idle_wizard_writes_nothing_and_a_key_little(start_tui, server):
    screen = start_tui(server.url)
    screen.wait_for("● ")
    screen.send("m")
    screen.wait_for("step 1 of 7", "to do (C-g)")
    screen.wait_for_silence()

    assert screen.read(3.0) == b""
    before = len(screen.output)
    screen.send("x")
    screen.wait_for("1 thing to do (C-g): Jobs")
    screen.wait_for_silence()
    assert len(screen.output) - before < 1024
