"""The interface in a shell: stopped, continued, and what it leaves in the terminal."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest
from tui.pty_screen import PtyScreen
from waiting import wait_for

CTRL_C, CTRL_Z = "\x03", "\x1a"
_WITH_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
_SHELL = ["bash", "--norc", "--noprofile", "-i"]


def in_terminal(argv: list[str], cwd: Path, **options) -> PtyScreen:
    """Start a program that has a terminal of its own, as a login has."""
    environ = {"PYTHONPATH": str(Path(__file__).parents[2]), "PS1": "shell$ ", "HISTFILE": ""}
    return PtyScreen(
        [sys.executable, "-c", _WITH_TERMINAL, *argv],
        columns=80,
        rows=24,
        environ=environ,
        cwd=cwd,
        **options,
    )


def interface_at(server) -> str:
    return f"{sys.executable} -m torc_tui --url {server.url} tui"


def body(screen: PtyScreen) -> list[str]:
    """What is seen below the first line, which says how fast the server answers."""
    return screen.lines[1:]


@pytest.fixture
def shell(server, make_workflow, tmp_path):
    """The interface as a job of a shell."""
    make_workflow("stopped", 30)
    screen = in_terminal(_SHELL, tmp_path)
    screen.wait_for("shell$")
    type_line(screen, interface_at(server))
    screen.wait_for("stopped", "○ ready", "●")
    screen.wait_for_silence()
    yield screen
    screen.end(signal.SIGKILL)
    screen.close()


def type_line(screen: PtyScreen, line: str) -> None:
    screen.rest()
    screen.type_ahead(line + "\r")


def test_it_is_painted_again_when_it_is_continued(shell):
    before = body(shell)
    for _ in range(2):
        shell.send(CTRL_Z)
        shell.wait_for("Stopped", "shell$")
        assert leaves_clean(shell.output[: shell.output.rindex(b"Stopped")])
        type_line(shell, "echo $((6 * 7))")
        shell.wait_for("42")
        type_line(shell, "fg")
        shell.wait_for("○ ready", "●", gone="shell$")
        shell.wait_for_silence()
        assert body(shell) == before
    shell.send("\r")
    shell.wait_for("[Jobs]", "job_7")


def test_a_terminal_resized_meanwhile_is_used_whole(shell):
    shell.send(CTRL_Z)
    shell.wait_for("Stopped", "shell$")
    shell.resize(100, 30)
    type_line(shell, "fg")
    shell.wait_for("○ ready", gone="shell$")
    shell.wait_for_silence()

    assert "quit" in "".join(shell.lines[-2:])
    assert any(len(line) > 80 for line in shell.lines)


def test_it_can_be_stopped_from_outside(shell):
    before = body(shell)
    job = next(each for each in children_of(shell.process.pid) if "torc_tui" in command_of(each))
    os.kill(job, signal.SIGSTOP)
    shell.wait_for("Stopped")
    type_line(shell, "fg")
    shell.wait_for("○ ready", "●", gone="Stopped")
    shell.wait_for_silence()
    assert body(shell) == before
    shell.send("\r")
    shell.wait_for("[Jobs]", "job_7")


def test_it_goes_on_in_the_background_only_to_stop(shell):
    before = body(shell)
    shell.send(CTRL_Z)
    shell.wait_for("Stopped", "shell$")
    type_line(shell, "bg; echo later")
    shell.wait_for("later")
    type_line(shell, "fg")
    shell.wait_for("○ ready", "●", gone="shell$")
    shell.wait_for_silence()
    assert body(shell) == before


@pytest.mark.parametrize("line", ["bg; fg", "bg; sleep 0.1; fg", "bg; bg; fg"])
def test_it_is_whole_however_fast_it_is_continued(shell, line):
    before = body(shell)
    for _ in range(3):
        shell.send(CTRL_Z)
        shell.wait_for("Stopped", "shell$")
        type_line(shell, line)
        shell.wait_for("○ ready", "●", gone="shell$")
        shell.wait_for_silence()
        assert body(shell) == before


def test_it_takes_the_terminal_once_however_often_it_is_continued(server, make_workflow, tmp_path):
    make_workflow("often", 30)
    screen = in_terminal(interface_at(server).split(), tmp_path)
    settings = screen.settings
    screen.wait_for("often", "○ ready", "●")
    screen.wait_for_silence()
    before, threads = body(screen), threads_of(screen.process.pid)
    for _ in range(300):
        os.kill(screen.process.pid, signal.SIGCONT)
        screen.read(0.001)
    screen.wait_for_silence()
    assert body(screen) == before
    assert threads_of(screen.process.pid) <= threads
    screen.send("q")
    assert screen.wait_for_end() == 0
    assert screen.settings == settings
    screen.close()


def test_where_no_shell_could_continue_it_is_not_stopped(server, make_workflow, tmp_path):
    make_workflow("alone", 30)
    screen = in_terminal(interface_at(server).split(), tmp_path)
    screen.wait_for("alone", "○ ready", "●")
    screen.wait_for_silence()
    before = body(screen)
    screen.send(CTRL_Z)
    screen.wait_for_silence()
    assert body(screen) == before
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_7")
    screen.end()
    screen.close()


_STOPPED_AT_THE_SEAMS = """
import os, signal, sys
from contextlib import contextmanager
from textual.driver import Driver
own = Driver.no_automatic_restart
@contextmanager
def between_signals(driver):
    os.kill(os.getpid(), signal.SIGTSTP)
    with own(driver):
        yield
    os.kill(os.getpid(), signal.SIGTSTP)
Driver.no_automatic_restart = between_signals
from torc_tui.__main__ import main
sys.exit(main())
"""


def test_a_signal_while_the_terminal_goes_to_an_editor_and_back_takes_it_once(
    server, make_workflow, tmp_path
):
    make_workflow("edited", 30)
    program = [sys.executable, "-c", _STOPPED_AT_THE_SEAMS, "--url", server.url, "tui"]
    screen = in_terminal(["env", "VISUAL=true", *program], tmp_path)
    screen.wait_for("edited", "○ ready", "●")
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_7")
    screen.wait_for_silence()
    found = []
    for _ in range(4):
        screen.send("\x05")
        screen.wait_for("What to edit")
        screen.send("w")
        screen.wait_for("The workflow is as before.", gone="What to edit")
        screen.wait_for_silence()
        found.append(threads_of(screen.process.pid))
    assert found[3] < found[1] + 2, found  # one more each time would be kept
    screen.send("q")
    assert screen.wait_for_end() == 0
    screen.close()


@pytest.mark.parametrize(
    "how", ["q", CTRL_C, signal.SIGTERM, signal.SIGHUP], ids=["q", "Ctrl-C", "TERM", "HUP"]
)
@pytest.mark.parametrize("rate", [None, 3_000], ids=["fast", "slow"])
def test_it_leaves_the_terminal_as_it_was(server, make_workflow, tmp_path, how, rate):
    make_workflow("left", 30)
    screen = in_terminal(interface_at(server).split(), tmp_path, bytes_per_s=rate)
    before = screen.settings
    screen.wait_for("left", "○ ready", "●")
    screen.send("\r")
    screen.wait_for("[Jobs]")
    assert screen.settings != before
    if isinstance(how, str):
        screen.send(how)
        screen.wait_for_end()
    else:
        screen.end(how)

    assert leaves_clean(screen.output)
    assert screen.settings == before
    screen.close()


def test_a_shell_has_a_clean_terminal_after_the_interface_was_killed(shell):
    (interface,) = [
        each
        for each in psutil.Process(shell.process.pid).children(recursive=True)
        if "torc_tui" in each.cmdline()
    ]
    interface.kill()
    wait_for(lambda: shell.read(0.1) and b"\x1b[?1049l" in shell.output, "the normal screen")
    type_line(shell, "echo $((6 * 7))")
    shell.wait_for("42")
    modes = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", shell.output))
    assert {modes[mode] for mode in (b"1049", b"1000", b"1003", b"1006")} == {b"l"}
    assert (modes[b"25"], modes[b"7"]) == (b"h", b"h")
    erased = shell.output.rindex(b"\x1b[H\x1b[2J")
    assert erased < shell.output.rindex(b"\x1b[?1049l"), "a console has no screen to go back to"


def leaves_clean(output: bytes) -> bool:
    """Return whether all that was switched on in a terminal was switched off again."""
    output = output[output.index(b"\x1b[?1049h") :]  # what the shell does is its own
    modes = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", output))
    assert modes.pop(b"25") == b"h", "the cursor is shown"
    assert modes.pop(b"7") == b"h", "lines wrap"
    assert b"h" not in modes.values(), modes
    assert output.count(b"\x1b[>25u") == output.count(b"\x1b[<u"), "keys are reported as before"
    styles = re.findall(rb"\x1b\[([0-9;]*)m", output[: output.rindex(b"\x1b[?1049l")])
    assert set(styles[-1:]) <= {b"", b"0"}, "the style is the terminal's own"
    return True


def threads_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in wait_for(listed.read_text, "a child").split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
