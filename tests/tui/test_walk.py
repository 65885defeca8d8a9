"""A walk as a new user makes it, in a real terminal: from an empty screen to a complete workflow.

Nothing is prepared but an editor: `torc` starts its own server, and the workflow is typed in.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tui.pty_screen import PtyScreen

ENTER, UP, DOWN = "\r", "\x1b[A", "\x1b[B"
CTRL_E, CTRL_N, CTRL_S = "\x05", "\x0e", "\x13"

EDITOR = """#!{python}
import pathlib, sys
path = pathlib.Path(sys.argv[-1])
path.write_text(path.read_text().replace("numbrs.txt", "numbers.txt"))
"""

TORC = [sys.executable, "-m", "torc_tui"]


@pytest.fixture
def torc(tmp_path: Path) -> Iterator[Callable[[], PtyScreen]]:
    """Type `torc` in a home that never saw it; the server that it starts is stopped at last."""
    editor = tmp_path / "editor"
    editor.write_text(EDITOR.format(python=sys.executable))
    editor.chmod(0o755)
    environ = {
        "HOME": str(tmp_path),
        "EDITOR": str(editor),
        "VISUAL": "",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    screens: list[PtyScreen] = []

    def start() -> PtyScreen:
        screens.append(PtyScreen(TORC, columns=80, rows=24, environ=environ, cwd=tmp_path))
        return screens[-1]

    yield start
    for screen in screens:
        screen.close()
    subprocess.run([*TORC, "server", "stop"], check=True, capture_output=True)


@pytest.mark.timeout(600)
def test_a_walk_from_nothing_to_a_complete_workflow(
    torc: Callable[[], PtyScreen], tmp_path: Path
) -> None:
    screen = torc()
    screen.wait_for("● own server", "no workflows", "m  make one without a file")
    makes_a_workflow(screen)
    runs_and_watches_it(screen)

    screen.end(signal.SIGKILL)  # in the middle of it; the run goes on
    (tmp_path / "go").touch()
    screen = torc()
    comes_back_to_a_failure(screen)
    finds_out_why(screen)
    mends_the_command(screen)
    reruns_what_is_needed(screen)
    assert (tmp_path / "sum.txt").read_text() == "1+2+3+4+5+6+7+8+9\n"

    screen.send("q")
    assert screen.wait_for_end() == 0
    finds_all_where_it_was(torc())


def makes_a_workflow(screen: PtyScreen) -> None:
    """Type three jobs that wait for each other; there is a slip in the command of the second."""
    screen.send("m")
    screen.wait_for("step 1 of 7", "Name: must not be empty")
    screen.send(f"average{ENTER}of nine numbers{ENTER}")
    screen.wait_for("step 2 of 7", "No two are the same")
    for add, name, command in (
        ("", "measure", "until [ -e go ]; do sleep 0.1; done; seq 9 > numbers.txt"),
        ("a", "add up", "paste -s -d + numbrs.txt > sum.txt"),
        ("a", "report", "cat sum.txt"),
    ):
        screen.send(f"{add}{name}{ENTER}{command}{ENTER}{ENTER}")
        screen.wait_for(f"> {name}", f"Name         {name}")
    screen.send(CTRL_N)
    screen.wait_for("step 3 of 7", "> report", "Enter goes to the fields")
    screen.send(f"{ENTER}{DOWN} {ENTER}")
    screen.wait_for("> report", "[x] add up")
    screen.send(f"{UP}{ENTER} {ENTER}")
    screen.wait_for("> add up", "[x] measure")
    screen.send(CTRL_N * 4)
    screen.wait_for("step 7 of 7", "When job 'measure' completes", "run here", "average.yaml")


def runs_and_watches_it(screen: PtyScreen) -> None:
    """Run it from the review, and ask what a job waits for."""
    screen.send(CTRL_S)
    screen.wait_for("average #1 ▸ run 1 ▸ Jobs", "▶ 1 running", "· 2 blocked", "0% of 3 jobs")
    screen.send(f"{DOWN}!")
    screen.wait_for("Why ▸ add up", "Waits for   1 job:", "job 1 (measure): it runs")
    screen.send("q")
    screen.wait_for("[Jobs]")


def comes_back_to_a_failure(screen: PtyScreen) -> None:
    """Reconnect; the run has gone on."""
    screen.wait_for("Runs that go on without the interface", "of 3 done", "l output")
    screen.send(ENTER)
    screen.wait_for("✗ failed", "33% of 3 jobs", "✓ 1 completed", "✗ 1 failed", "- 1 canceled")


def finds_out_why(screen: PtyScreen) -> None:
    """Go to what failed, ask why, and read its log."""
    screen.send("N")
    screen.wait_for(">   2  add up")
    screen.send("!")
    screen.wait_for("Why ▸ add up", "exit code 1", "its log: press l", "press C-e")
    screen.send("l")
    screen.wait_for("log ▸ add up", "numbrs.txt: No such file or directory")
    screen.send("q")
    screen.wait_for("[Jobs]", ">   2  add up")


def mends_the_command(screen: PtyScreen) -> None:
    """Edit it in the editor, and agree to the difference."""
    screen.send(CTRL_E)
    screen.wait_for("What to edit of job 2 (add up)?", "c  its command")
    screen.send("c")
    screen.wait_for("- paste -s -d + numbrs.txt", "+ paste -s -d + numbers.txt", "y yes")
    screen.send("y")
    screen.wait_for("Changed the command of job 2 (add up).", "press Y")


def reruns_what_is_needed(screen: PtyScreen) -> None:
    """Run what failed and what waited for it, and see it complete."""
    screen.send("Y")
    screen.wait_for("Rerun 2 jobs of #1 average?", "1 completed job is kept.")
    screen.send("y")
    screen.wait_for("average #1 ▸ run 2", "✓ done", "100% of 3 jobs", "✓ 3 completed")


def finds_all_where_it_was(screen: PtyScreen) -> None:
    """Another day: the workflow is there, with the output of its last job."""
    screen.wait_for("● own server", "average", "✓ done", "100%")
    screen.send(ENTER)
    screen.wait_for("average #1 ▸ run 2 ▸ Jobs", "✓ 3 completed")
    screen.send("Gl")
    screen.wait_for("log ▸ report", "1+2+3+4+5+6+7+8+9")
