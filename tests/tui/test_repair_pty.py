"""The way back in a real terminal: it failed, why, fixed in an editor, run again, complete."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SPEC = """
name: wrong
jobs:
  - {name: read, command: "echo ready; cat readings.csv"}
  - {name: scripted, command: sh read.sh}
  - {name: after, command: "echo fine", depends_on: [read]}
"""
EDITOR = """#!{python}
import pathlib, sys
path = pathlib.Path(sys.argv[-1])
path.write_text(path.read_text().replace("readings.csv", "numbers.csv"))
"""
DIES = """#!{python}
import os, signal, sys, termios, tty
tty.setraw(sys.stdin.fileno())
sys.stdout.write("\\x1b[?1049h\\x1b[?25l\\x1b[31mediting")
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
TURNS = """#!{python}
import pathlib, sys
path = pathlib.Path(sys.argv[-1])
text = path.read_text()
if path.name == "read.sh":
    text = text.replace("readings", "numbers")
elif "comand" in text:
    text = text.replace("comand", "command")
else:
    text = text.replace("command: sh", "comand: sh").replace("echo fine", "echo better")
path.write_text(text)
"""
REMOVES = """#!{python}
import os, sys
os.unlink(sys.argv[-1])
"""


@pytest.fixture
def failed(server, tmp_path):
    """A workflow that has run here, and failed."""
    (tmp_path / "numbers.csv").write_text("1,2\n")
    (tmp_path / "read.sh").write_text("cat readings.csv\n")
    (tmp_path / "wrong.yaml").write_text(SPEC)
    done = subprocess.run(
        [sys.executable, "-m", "torc_tui", "--url", server.url, "-f", "json", "run", "wrong.yaml"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    return json.loads(done.stdout)["workflow_id"]


def script(path, text):
    path.write_text(text.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


def test_keys_typed_before_the_editor_comes_up_answer_nothing_behind_it(
    server, tmp_path, failed, start_tui
):
    editor = script(tmp_path / "editor", EDITOR)
    screen = start_tui(server.url, VISUAL="", EDITOR=editor)
    screen.wait_for("wrong")
    screen.send("F")
    screen.wait_for("2 failed jobs in 1 group.", "No such file or directory")
    screen.send("\x05")
    screen.wait_for("What to edit of job")
    screen.rest()

    screen.type_ahead("cy")

    screen.wait_for("Change the command of job")
    screen.rest()
    assert any("Change the command of job" in line for line in screen.lines)


def test_from_a_failure_to_a_complete_run(server, client, tmp_path, failed, start_tui):
    editor = script(tmp_path / "editor", EDITOR)
    screen = start_tui(server.url, VISUAL="", EDITOR=f"{editor} --wait")
    screen.wait_for("wrong")
    screen.send("\r")
    screen.wait_for("✗ 2 failed", "- 1 canceled")
    screen.send("F")
    screen.wait_for("2 failed jobs in 1 group.", "No such file or directory")
    screen.send("l")
    screen.wait_for("first error: File not found", "readings.csv")
    screen.send("q")
    screen.wait_for("2 failed jobs in 1 group.")
    screen.send("\x05")
    screen.wait_for("What to edit of job", "its command: echo ready; cat readings.csv")
    screen.send("c")
    screen.wait_for("Change the command of job", "+ echo ready; cat numbers.csv", "so it is reset")
    screen.send("y")
    screen.wait_for("1 failed job in 1 group.")
    (tmp_path / "readings.csv").touch()  # what the script lacks
    screen.send("q")
    screen.wait_for("[Jobs]")
    screen.send("Y")
    screen.wait_for(
        "Rerun 3 jobs",
        "1 failed job: scripted",
        "1 reset job: read",
        "Then it runs on this machine",
    )
    screen.send("y")
    screen.wait_for("✓ 3 completed")
    assert {job.status for job in client.list_jobs(failed).items} == {"completed"}
    before = screen.settings
    screen.send("q")
    assert screen.wait_for_end() == 0
    assert before != screen.settings


def test_an_editor_that_is_killed_changes_nothing_and_leaves_the_terminal_clean(
    server, client, tmp_path, failed, start_tui
):
    editor = script(tmp_path / "editor", DIES)
    screen = start_tui(server.url, VISUAL=editor)
    before = screen.settings
    screen.wait_for("wrong")
    screen.send("\r")
    screen.wait_for("✗ 2 failed", "[Jobs]", "sh read.sh")
    screen.send("\x05")
    screen.wait_for("What to edit of job")
    screen.send("\r")
    screen.wait_for("was ended by signal 9", "[Jobs]")
    screen.send("!")
    screen.wait_for("Why ▸ read", "No such file or directory")
    screen.send("qq")
    assert screen.wait_for_end() == 0
    assert screen.settings == before
    assert client.list_jobs(failed).items[0].command == "echo ready; cat readings.csv"


def test_a_script_is_edited_in_place_and_a_workflow_is_checked_before_it_is_used(
    server, client, tmp_path, failed, start_tui
):
    editor = script(tmp_path / "editor", TURNS)
    screen = start_tui(server.url, VISUAL=editor)
    screen.wait_for("wrong")
    screen.send("\r")
    screen.wait_for("✗ 2 failed", "scripted")
    screen.send("j\x05")
    screen.wait_for("its command: sh read.sh", "its script: ")
    screen.send("s")
    screen.wait_for("Saved read.sh. To retry job", gone="What to edit")
    assert (tmp_path / "read.sh").read_text() == "cat numbers.csv\n"
    screen.send("\x05")
    screen.wait_for("the workflow as text")
    screen.send("w")
    screen.wait_for("Edit it again?", "comand")
    screen.send("y")
    screen.wait_for("What is it for?", "1 changed command", gone="Reading #")
    screen.send("a")
    screen.wait_for("Change the command of job", "+ echo better")
    screen.send("y")
    screen.wait_for("To run what was reset: press Y")
    commands = {job.name: job.command for job in client.list_jobs(failed).items}
    assert commands["after"] == "echo better"
    assert commands["scripted"] == "sh read.sh"


def test_a_script_that_the_editor_removes_is_an_error_and_not_the_end(
    server, failed, tmp_path, start_tui
):
    editor = script(tmp_path / "editor", REMOVES)
    screen = start_tui(server.url, VISUAL=editor)
    screen.wait_for("wrong")
    screen.send("\r")
    screen.wait_for("✗ 2 failed", "scripted")
    screen.send("j\x05")
    screen.wait_for("its script: ")
    screen.send("s")
    screen.wait_for("such file or directory", "read.sh")
    screen.send("qq")
    assert screen.wait_for_end() == 0
