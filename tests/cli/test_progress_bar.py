"""Work that lasts shows a bar in a terminal, and nothing of it stays."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.tui.pty_screen import PtyScreen

WORK = """
import sys, tty
from torc_core.operations.definition.create import created_jobs
from torc_tui.cli.output.reporter import CommandReporter

if sys.stdin.isatty():
    tty.setcbreak(0)  # keys are not shown
with CommandReporter(ask=True) as reporter:
    reporter.progress(created_jobs(number=10, total=40), 10 / 40)
    sys.stdin.read(1)
    reporter.warn(created_jobs(number=20, total=40))
    reporter.progress(created_jobs(number=30, total=40))
    sys.stdin.read(1)
print("done")
"""


@pytest.mark.parametrize("no_color", ["", "1"])
def test_work_that_lasts_shows_how_far_it_is(tmp_path, no_color):
    environ = {"NO_COLOR": no_color} if no_color else {}
    screen = PtyScreen(
        [sys.executable, "-c", WORK], columns=80, rows=24, environ=environ, cwd=tmp_path
    )
    try:
        screen.wait_for("Created 10 of 40 jobs … ━━━")
        assert (b"\x1b[38" in screen.output) is not bool(no_color)
        screen.send("x")
        screen.wait_for("warning: Created 20 of 40 jobs", "Created 30 of 40 jobs … ")
        screen.send("x")
        assert screen.wait_for_end() == 0
        seen = [line for line in screen.lines if line]
        assert seen[-2:] == ["warning: Created 20 of 40 jobs …", "done"]
        assert not any("━" in line for line in seen)
    finally:
        screen.close()


def test_in_a_pipe_there_is_no_bar():
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        input="\n\n",
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )

    assert done.stderr == "warning: Created 20 of 40 jobs …\n"
