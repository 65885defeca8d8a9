from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from forks.commands import commands

PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def shell(tmp_path):
    """Run a line of bash, with the `torc` that is forked or with another one."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def run(line, programs=folder):
        path = os.pathsep.join([str(programs), os.environ["PATH"]])
        return subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    with commands(folder):
        yield run


@pytest.mark.parametrize(
    "line",
    [
        "torc --version",
        "torc nothing; echo $?; cd /; torc config paths",
        "echo 'name: x' | torc workflows create - --dry-run",
        "torc --help | head -n 1; echo ${PIPESTATUS[0]}",
        "torc --help > /dev/full",
        "XDG_STATE_HOME=/dev/null torc runs list",
        "torc runs list 'a b' 2>&1 >/dev/null | cat",
    ],
)
def test_a_shell_sees_no_difference_to_the_program_itself(shell, line):
    forked, new = shell(line), shell(line, PROGRAMS)

    assert (forked.returncode, forked.stdout, forked.stderr) == (
        *(new.returncode, new.stdout, new.stderr),
    )


@pytest.mark.parametrize(("signum", "code"), [("INT", 130), ("TERM", 143)])
def test_signals_reach_it_and_its_exit_code_comes_back(
    shell, server, client, tmp_path, signum, code
):
    (tmp_path / "w.yaml").write_text(
        "name: w\njobs: [{name: a, command: 'touch runs; sleep 100'}]\n"
    )
    ended = shell(
        f"trap : {signum}; export TORC_API_URL={server.url}; "
        f"until [ -e runs ]; do sleep 0.1; done && kill -{signum} $(cat pid) & "
        "bash -c 'echo $$ >pid; exec torc run w.yaml'"
    )

    assert ended.returncode == code, ended.stderr
