"""The interface in a real terminal: silent when nothing happens, sparing when something does."""

from __future__ import annotations

import re
import signal

import pytest
from waiting import wait_for

from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow

SIZES = [(80, 24), (160, 48)]
A_REFRESH_S = 6.0
"""Longer than the interval at which the interface asks by itself."""


@pytest.fixture(params=SIZES, ids=["80x24", "160x48"])
def size(request):
    return request.param


def open_jobs(start_tui, server, size, **environ):
    screen = start_tui(server.url, *size, **environ)
    screen.wait_for("Workflows", "○ ready", "0%")
    screen.send("\r")
    screen.wait_for("[Jobs]", "Command", "○ ready", "l logs")
    screen.wait_for_silence()
    return screen


def test_an_idle_screen_writes_nothing(start_tui, server, make_workflow, size):
    make_workflow("idle", 30)
    screen = open_jobs(start_tui, server, size)

    before = screen.lines
    while screen.read(A_REFRESH_S):
        # The server of a busy machine answers late, which is said in the first line.
        screen.wait_for_silence()
        assert screen.lines[1:] == before[1:]
        assert "answers in" in before[0] + screen.lines[0]
        before = screen.lines


@pytest.mark.parametrize(("size", "most"), [((80, 24), 1024), ((160, 48), 4096)])
def test_a_changed_job_costs_its_row_and_the_counts(
    start_tui, server, client, make_workflow, size, most
):
    number = make_workflow("changing", 30)
    screen = open_jobs(start_tui, server, size)
    job = client.list_jobs(number, limit=5).items[3]
    before = len(screen.output)

    client.manage_status_change(job.id, JobStatus.CANCELED, run_id=0)
    screen.wait_for("- canceled")
    screen.wait_for_silence()

    assert len(screen.output) - before < most


def test_moving_the_cursor_costs_less_than_a_kilobyte(start_tui, server, make_workflow):
    make_workflow("moving", 30)
    screen = open_jobs(start_tui, server, (80, 24))
    before = len(screen.output)

    screen.send("j")
    screen.wait_for_silence()

    assert 0 < len(screen.output) - before < 1024
    assert any(line.startswith(">") and "job_1 " in line for line in screen.lines)


@pytest.mark.parametrize("key", ["h", "\x1b[D", "\x1b"], ids=["h", "left", "escape"])
def test_the_list_is_whole_when_one_comes_back_to_it(start_tui, server, make_workflow, size, key):
    make_workflow("earlier")
    make_workflow("later")
    screen = start_tui(server.url, *size)
    screen.wait_for("earlier", "later")
    screen.wait_for_silence()
    before = screen.lines
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_0", "l logs")
    screen.wait_for_silence()
    screen.send(key)
    screen.wait_for("earlier", "later", "torc ▸ Workflows")
    screen.wait_for_silence()

    assert screen.lines[1:] == before[1:]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_a_clean_terminal(start_tui, server, make_workflow, how):
    make_workflow("ended")
    screen = open_jobs(start_tui, server, (80, 24))
    before = len(screen.output)
    screen.end(how)
    rest = bytes(screen.output[before:])

    assert b"\x1b[?1049l" in rest, "the alternate screen is left"
    assert b"\x1b[?25h" in rest, "the cursor is shown"
    assert b"Traceback" not in rest


@pytest.mark.parametrize(
    ("keys", "seen", "how"),
    [("l", "stdout", signal.SIGHUP), ("C", "Cancel WORKFLOW", signal.SIGTERM)],
    ids=["log", "dialog"],
)
def test_a_signal_leaves_a_clean_terminal_whatever_is_open(
    start_tui, server, make_workflow, keys, seen, how
):
    make_workflow("ended")
    screen = open_jobs(start_tui, server, (80, 24))
    screen.send(keys)
    screen.wait_for(seen)
    before = len(screen.output)
    screen.end(how)
    rest = bytes(screen.output[before:])

    assert b"\x1b[?1049l" in rest
    assert b"\x1b[?25h" in rest
    assert b"Traceback" not in rest


def test_q_leaves_with_success_and_says_nothing(start_tui, server, make_workflow):
    make_workflow("left")
    screen = open_jobs(start_tui, server, (80, 24))
    screen.send("q")

    assert screen.wait_for_end() == 0
    assert "Traceback" not in screen.output.decode("utf-8", "replace")


OPENING = ("\r", "l", "c", "d")
"""Keys that bring up what the next ones take away again."""
HOSTILE = "\x1b]0;OWNED\x07 \x1b[2J \x9b5n \u202eevil [@click=app.quit]x[/] [bold]y {}"


def test_names_command_nothing_on_any_screen(start_tui, server, make_workflow):
    make_workflow(HOSTILE.format(""), job_name=HOSTILE)
    screen = open_jobs(start_tui, server, (160, 48))
    for keys, seen in (
        ("\r", "details"),
        ("q", "[Jobs]"),
        ("l", "stdout"),
        ("q", "[Jobs]"),
        ("c", "Cancel job"),
        ("n", "[Jobs]"),
        ("d", "Delete workflow"),
        ("n", "[Jobs]"),
        ("=", "status: ready"),
        ("\t\t", "1 event"),
        ("\r", "Events ▸"),
        ("q\t\t\t\t", "[DAG]"),
    ):
        screen.send(keys)
        screen.wait_for(seen)
    pointer = "\x1b]22;default\x07"  # Textual's own
    written = screen.output.decode("utf-8", "replace").replace(pointer, "")

    assert "OWNED" in written
    assert "\x1b]0;OWNED" not in written
    assert "[@click=app.quit]x[/]" in written
    for forbidden in ("\x9b", "\u202e", "\x07"):
        assert forbidden not in written


def test_over_ssh_the_mouse_stays_with_the_terminal_and_colours_are_its_own(
    start_tui, server, make_workflow
):
    make_workflow("remote")
    near = open_jobs(start_tui, server, (80, 24))
    far = open_jobs(start_tui, server, (80, 24), SSH_CONNECTION="1.2.3.4 5 6.7.8.9 22")

    assert b"\x1b[?1000h" in near.output
    assert b"\x1b[?1000h" not in far.output
    ssh = {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22", "TORC_CLIENT__TUI__MOUSE": "true"}
    wanted = open_jobs(start_tui, server, (80, 24), **ssh)
    assert b"\x1b[?1000h" in wanted.output
    assert b"38;2;" in near.output
    assert b"38;2;" not in far.output
    assert len(far.output) < len(near.output)


def test_without_colour_there_is_no_colour(start_tui, server, make_workflow):
    make_workflow("grey")
    screen = open_jobs(start_tui, server, (80, 24), NO_COLOR="1")
    codes = {
        code
        for sequence in re.findall(rb"\x1b\[([0-9;]*)m", bytes(screen.output))
        for code in sequence.split(b";")
    }

    assert not {code for code in codes if code.isdigit() and int(code) in range(30, 38)}
    assert b"38" not in codes


def test_a_run_beyond_when_the_interface_is_killed(start_tui, server, client, tmp_path):
    number = client.create_workflow(Workflow(name="lasting", user="tester")).id
    client.create_jobs(
        [Job(workflow_id=number, name=name, command=f"sleep 1; echo {name}") for name in "ab"]
    )
    screen = start_tui(server.url)
    screen.wait_for("lasting")
    screen.send("x")
    screen.wait_for("Run #")
    screen.send("y")
    screen.wait_for("in the background (PID")
    screen.end(signal.SIGKILL)

    wait_for(lambda: client.is_workflow_complete(number).is_complete, "the end of the run")
    assert client.get_workflow_status(number).jobs_by_status["completed"] == 2
