"""The interface ends with a sentence in a clean terminal, whatever happens in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tui.pty_screen import PtyScreen
from tui.test_job_control import leaves_clean

_PROGRAM = """
import os, sys
from torc_core.host.program import run_program
from torc_tui.terminal import prepare

def connect():
    {connect}

def body():
    prepare(os.environ)
    from torc_tui.app import TorcApp
    from torc_tui.process.run import run
    from torc_core.config.schema import ClientSettings
    from torc_tui.state.servers.destination import Destination
    from torc_tui.appearance.appearance import USUAL
    TorcApp.on_ready = lambda self: {ready}
    return run(
        Destination(connect), user="ada", configured=ClientSettings(), appearance=USUAL,
        appearance_for=lambda is_dark: USUAL, shown_in=b"", say=print,
    )

sys.exit(run_program(body))
"""


def start(tmp_path: Path, *, connect: str = "raise OSError('x')", ready: str = "None") -> PtyScreen:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM.format(connect=connect, ready=ready))
    return PtyScreen(
        [sys.executable, str(program)],
        columns=150,
        rows=30,
        environ={"XDG_STATE_HOME": str(tmp_path / "state")},
        cwd=tmp_path,
    )


@pytest.mark.parametrize(
    ("raised", "exit_code", "words"),
    [
        ("1 / 0", 70, "ZeroDivisionError: division by zero"),
        ("{}['TORC_TOKEN=hunter2']", 70, "KeyError"),
        ("open('/nowhere/x')", 9, "/nowhere/x: No such file or directory"),
        ("(_ for _ in ()).throw(MemoryError())", 9, "not enough memory"),
    ],
)
def test_a_fault_of_the_interface_is_a_sentence(
    tmp_path: Path, raised: str, exit_code: int, words: str
) -> None:
    screen = start(tmp_path, ready=raised)
    screen.wait_for(words)
    assert screen.process.wait(100) == exit_code
    screen.wait_for_end()
    assert leaves_clean(screen.output)
    assert b"Traceback" not in screen.output
    assert b"hunter2" not in screen.output
    if exit_code == 70:
        log = (tmp_path / "state" / "torc" / "errors.log").read_text()
        assert "Traceback" in log
        assert "hunter2" not in log
    screen.close()


def test_a_fault_of_a_request_is_shown_and_kept(tmp_path: Path) -> None:
    screen = start(tmp_path, connect="raise ZeroDivisionError('TORC_TOKEN=hunter2')")
    screen.wait_for("ZeroDivisionError")
    assert b"hunter2" not in screen.output
    assert "ZeroDivisionError" in (tmp_path / "state" / "torc" / "errors.log").read_text()
    screen.close()


def test_a_terminal_without_a_screen_is_refused_in_a_sentence(start_tui, server):
    screen = start_tui(server.url, 100, TERM="dumb")

    assert screen.wait_for_end() == 2
    assert any("move its cursor, and TERM is dumb." in line for line in screen.lines)
    assert b"\x1b[?1049h" not in screen.output
