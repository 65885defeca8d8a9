"""The hook of a recovery: whose it is, what it is told, and where its output goes."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest
from waiting import wait_for

from torc_core.errors import AccessError, MachineError, UsageError
from torc_core.model.workflow import Workflow
from torc_core.operations.recovery.hook import check_hook, decide_distrust, run_hook


@pytest.fixture
def workflow(client):
    return client.create_workflow(Workflow(name="w", user="tester"))


@pytest.fixture
def script(tmp_path):
    def write(text: str, name: str = "fix.sh", mode: int = 0o755) -> Path:
        path = tmp_path / name
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def check(command, workflow, *, user="tester", trust=False):
    return check_hook(str(command), workflow, user=user, trust=trust)


def output(hook, client, workflow):
    said = []
    try:
        run_hook(hook, client, workflow, lambda line: said.append(line.sentence.strip()))
    except MachineError as error:
        return said, error.message
    return said, ""


def test_it_gets_the_workflow_twice_and_the_same_server(client, workflow, script):
    path = script(
        "#!/bin/bash\n"
        'echo "$# $1 $2 $TORC_WORKFLOW_ID"\n'
        f"{shlex.quote(sys.executable)} -m torc_tui workflows get $TORC_WORKFLOW_ID | head -1\n"
        "torc --version >/dev/null && echo found\n"
        r"""printf 'to stderr \033[31mred\tTORC_TOKEN=abc\n' >&2"""
    )
    for command in (f"{path} 'a b'", f"bash {path} 'a b'"):
        said, failed = output(check(command, workflow), client, workflow)
        assert failed == ""
        assert said[0] == f"2 a b {workflow.id} {workflow.id}"
        assert said[-2:] == ["found", r"to stderr \x1b[31mred    TORC_TOKEN=***"]
        assert len(said) == 4
        assert "error" not in said[1]


def test_its_failure_is_told(client, workflow, script):
    path = script("#!/bin/sh\necho before; exit 3\n")
    said, failed = output(check(path, workflow), client, workflow)
    assert said == ["before"]
    assert failed == f"The recovery hook '{path}' failed with exit code 3, so nothing was reset."
    path = script("#!/bin/sh\nkill -9 $$\n")
    assert "failed with signal 9" in output(check(path, workflow), client, workflow)[1]
    path = script("echo no first line\n")
    assert "cannot be run: Exec format error" in output(check(path, workflow), client, workflow)[1]


def test_what_it_leaves_running_is_not_waited_for(client, workflow, script):
    path = script("#!/bin/sh\nsleep 60 & echo $!\n")
    said, failed = output(check(path, workflow), client, workflow)
    os.kill(int(said[0]), 9)
    assert failed == ""


def test_it_ends_with_who_waits_for_it(client, workflow, script):
    path = script("#!/bin/sh\nsleep 60 & echo $!; wait\n")
    started = []

    def stop(line):
        started.append(int(line.sentence))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_hook(check(path, workflow), client, workflow, stop)
    wait_for(lambda: not Path(f"/proc/{started[0]}").exists(), "what it started to end")


def test_what_cannot_be_run_is_named_before_anything_is_done(workflow, script, tmp_path):
    path = script("#!/bin/sh\n", mode=0o644)
    absent = tmp_path / "absent.sh"
    for command, error, said in (
        ("", UsageError, "not a command"),
        ("bash 'x", UsageError, "No closing quotation"),
        (absent, MachineError, f"no program {absent}"),
        ("no-such-program-here", MachineError, "no program no-such-program-here on PATH"),
        (f"bash {absent}", MachineError, f"no file {absent}"),
        (path, MachineError, "is not executable"),
        (tmp_path, MachineError, "no program"),
    ):
        with pytest.raises(error, match=said):
            check(command, workflow)
    assert check(f"bash {path}", workflow).arguments[1:] == (str(path),)
    assert check("bash -c true", workflow)


def test_the_workflow_and_the_program_are_the_users_own(workflow, script):
    path = script("#!/bin/sh\n")
    with pytest.raises(AccessError, match="belongs to tester: no recovery hook") as refused:
        check(path, workflow, user="bob")
    assert "--trust" in refused.value.hint
    assert check(path, workflow, user="bob", trust=True)

    path.chmod(0o757)
    for command in (path, f"bash {path}"):
        with pytest.raises(AccessError, match="can be written by everyone"):
            check(command, workflow, trust=True)


@pytest.mark.parametrize(
    ("owner", "mode", "said"),
    [
        (7, 0o755, None),
        (0, 0o755, None),
        (8, 0o755, "belongs to another user"),
        (8, 0o757, "belongs to another user"),
        (7, 0o775, None),
        (7, 0o757, "can be written by everyone"),
        (0, 0o702, "can be written by everyone"),
    ],
)
def test_a_program_that_others_may_have_written_is_not_run(owner, mode, said):
    assert decide_distrust(owner, mode, 7) == said
