"""What a user has written in an editor is lost on no way out."""

from __future__ import annotations

import sys

import pytest
from waiting import wait_for

from torc_core.host.directories import state_directory
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow

EDITOR = """#!{python}
import pathlib, sys, time
path = pathlib.Path(sys.argv[-1])
path.write_text(path.read_text().replace("echo one", "echo two"){more})
pathlib.Path("written").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.01)
{then}
"""
WRONG, FAILS = "+ 'no_such_field: 1\\n'", "sys.exit(3)"


@pytest.fixture
def own(make_server):
    """A server of the test's own."""
    return make_server()


@pytest.fixture
def screen(own, tmp_path, start_tui, request):
    """A terminal in which something is being edited."""
    more, then, chosen = request.param
    client = own.client()
    number = client.create_workflow(Workflow(name="edited", user="tester")).id
    client.create_jobs([Job(workflow_id=number, name="only", command="echo one")])
    client.initialize_jobs(number)
    editor = tmp_path / "editor"
    editor.write_text(EDITOR.format(python=sys.executable, more=more, then=then))
    editor.chmod(0o755)
    screen = start_tui(own.url, VISUAL=str(editor))
    screen.wait_for("edited")
    screen.send("\r")
    screen.wait_for("[Jobs]", "echo one")
    screen.send("\x05")
    screen.wait_for("What to edit of job")
    screen.send(chosen)
    wait_for((tmp_path / "written").exists, "the editor")
    return screen


def kept():
    return list((state_directory() / "edited").iterdir())


def finish(tmp_path):
    (tmp_path / "go").touch()


@pytest.mark.parametrize("screen", [("", "", "w"), ("", "", "c")], indirect=True)
def test_while_the_server_is_away(screen, own, tmp_path):
    own.kill()
    finish(tmp_path)
    screen.wait_for("wrote is in", "/edited/")
    (path,) = kept()

    assert "echo two" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("screen", [("", FAILS, "w")], indirect=True)
def test_when_the_editor_fails(screen, tmp_path):
    finish(tmp_path)
    screen.wait_for("exited with 3", "What you wrote is in", "/edited/")

    assert "echo two" in kept()[0].read_text()


@pytest.mark.parametrize("screen", [("", "", "w")], indirect=True)
def test_when_it_is_used_for_nothing(screen, tmp_path):
    finish(tmp_path)
    screen.wait_for("What is it for?")
    screen.send("\x1b")
    screen.wait_for("What you wrote is in", "/edited/", gone="What is it for?")

    assert "echo two" in kept()[0].read_text()


@pytest.mark.parametrize("screen", [(WRONG, "", "w")], indirect=True)
def test_when_it_has_problems_that_are_left_at_that(screen, tmp_path):
    finish(tmp_path)
    screen.wait_for("Edit it again?", "Without y what you wrote stays in", "/edited/")
    screen.send("n")
    screen.wait_for("Problems of", "What you wrote is in")

    assert "echo two" in kept()[0].read_text()


@pytest.mark.parametrize("screen", [("", "", "w")], indirect=True)
def test_when_the_terminal_is_closed_meanwhile(screen, tmp_path):
    screen.hang_up()
    finish(tmp_path)

    assert "echo two" in kept()[0].read_text()


@pytest.mark.parametrize("screen", [("", "", "c")], indirect=True)
def test_what_was_used_is_not_kept(screen, tmp_path):
    finish(tmp_path)
    screen.wait_for("Change the command of job", "+ echo two")
    screen.send("y")
    screen.wait_for("echo two", gone="Change the command of job")
    wait_for(lambda: not kept(), "the end of the file")
