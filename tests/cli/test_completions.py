"""Shells complete commands, options, values and workflows: tried in the shells themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from environments import program

from tests.tui.pty_screen import PtyScreen
from torc_core.client import TorcClient
from torc_core.model.workflow import Workflow
from torc_tui.cli.root import torc as root
from torc_tui.cli.shells import SHELLS, VARIABLE, script

PROGRAMS = Path(sys.executable).parent
USER = "completer"
PATH = os.pathsep.join([str(PROGRAMS), os.environ["PATH"], "/usr/bin"])


@pytest.fixture
def workflows(server, client: TorcClient, monkeypatch):
    """Two workflows of a user; the shells that are started see the server."""
    for name, value in {
        "TORC_CLIENT__USERNAME": USER,
        "TORC_API_URL": server.url,
        "PATH": PATH,
    }.items():
        monkeypatch.setenv(name, value)
    made = [
        client.create_workflow(Workflow(name=name, user=USER)).id
        for name in ("sweep-of-june", "$(touch hacked) `x`;\x1b[2J")
    ]
    yield made
    for workflow_id in made:
        client.delete_workflow(workflow_id)


def bash(line: str, folder: Path) -> list[str]:
    words = line.split(" ")
    quoted = " ".join(f'"{word}"' for word in words)
    code = (
        f"source <(torc completions bash); COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        '_torc_completion torc; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return run(["bash", "--norc", "-c", code], folder)


def fish(line: str, folder: Path) -> list[str]:
    code = f'torc completions fish | source; complete -C "{line}"'
    lines = run([program("fish"), "--no-config", "-c", code], folder)
    return [offered.split("\t")[0] for offered in lines]


def run(command: list[str], folder: Path) -> list[str]:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=100, check=True
    )
    assert not done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("shell", [bash, fish])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("torc wor", ["workflows"]),
        ("torc workflows exec", ["execution-plan"]),
        ("torc --log-level tr", ["trace"]),
        ("torc jobs list --format js", ["json"]),
        ("torc files list --produced", ["--produced-by-job-id"]),
        ("torc workflows get swe", ["sweep-of-june"]),
        ("torc jobs list la", ["latest"]),
        ("torc hpc show kes", ["kestrel"]),
    ],
)
def test_a_beginning_is_completed(shell, line, offered, workflows, tmp_path):
    assert shell(line, tmp_path) == offered


@pytest.mark.parametrize("shell", [bash, fish])
def test_workflows_are_offered_by_id_and_by_names_that_need_no_quotes(shell, workflows, tmp_path):
    offered = shell("torc workflows get ", tmp_path)

    assert set(offered) == {*map(str, workflows), "latest", "sweep-of-june"}
    assert not (tmp_path / "hacked").exists()


TYPED = [("torc workf\t", "torc workflows"), ("torc files list swe\t", "list sweep-of-june")]


@pytest.mark.parametrize(("keys", "completed"), TYPED)
def test_zsh_completes_what_is_typed(keys, completed, workflows, tmp_path):
    (tmp_path / "_torc").write_text(script("zsh", root))
    setup = f"PS1=; fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -d dump; clear"
    press([program("zsh"), "-f"], tmp_path, setup, keys, completed)


@pytest.mark.parametrize(("keys", "completed"), TYPED)
def test_elvish_completes_what_is_typed(keys, completed, workflows, tmp_path):
    (tmp_path / "torc.elv").write_text(script("elvish", root))
    press([program("elvish"), "-norc"], tmp_path, "eval (slurp < torc.elv); clear", keys, completed)


def press(shell: list[str], folder: Path, setup: str, keys: str, completed: str) -> None:
    """Type into a shell until it shows a text."""
    home = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "shell")}
    screen = PtyScreen(shell, columns=100, rows=24, environ=home, cwd=folder)
    try:
        for line in (f"{setup}\r", keys):
            screen.wait_for_silence()
            screen.send(line)
        screen.wait_for(completed)
    finally:
        screen.close()


def test_powershell_is_answered_line_by_line(torc_alone, monkeypatch):
    monkeypatch.setenv(VARIABLE, "powershell_complete")
    monkeypatch.setenv("COMP_WORDS", "torc\njobs\nlist\n--format\nj")

    assert torc_alone().out == "plain\tjson\t\n"
    assert f"$env:{VARIABLE} = 'powershell_complete'" in script("powershell", root)


@pytest.mark.parametrize("shell", list(SHELLS))
def test_a_script_is_printed_for_each_shell(shell, torc_alone):
    answer = torc_alone("completions", shell)

    assert (answer.code, answer.err) == (0, "")
    assert "_TORC_COMPLETE" in answer.out


def test_an_unknown_shell_is_refused_with_those_there_are(torc_alone):
    answer = torc_alone("completions", "tcsh")

    assert answer.code == 2
    assert "'bash', 'elvish', 'fish', 'powershell', 'zsh'" in answer.err


def test_a_server_that_is_away_offers_nothing(workflows, monkeypatch, tmp_path):
    monkeypatch.setenv("TORC_API_URL", "http://127.0.0.1:9/torc-service/v1")

    assert fish("torc workflows get ", tmp_path) == []


def test_no_server_is_started_for_a_tab(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", PATH)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("TORC_API_URL", raising=False)

    assert fish("torc workflows get ", tmp_path) == []
    assert not (tmp_path / "state" / "torc" / "server.json").exists()
