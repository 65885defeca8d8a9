"""A workflow file is read once, so that it may be a pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from waiting import wait_for

TORC = Path(sys.executable).with_name("torc")
SPEC = "name: piped\njobs: [{name: a, command: 'echo ok'}]\n"


@pytest.fixture
def shell(server, tmp_path, monkeypatch):
    monkeypatch.setenv("TORC_API_URL", server.url)
    (tmp_path / "w.yaml").write_text(SPEC)

    def run(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script.replace("torc ", f"{TORC} ")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    "script",
    [
        "torc run <(cat w.yaml)",
        "torc run - < w.yaml",
        "cat w.yaml | torc run -",
        "torc run /dev/stdin < w.yaml",
        "exec 7< w.yaml; torc run /dev/fd/7",
        "mkfifo p; (cat w.yaml > p &) ; torc run p",
        "mkfifo p.yaml; (cat w.yaml > p.yaml &) ; torc run p.yaml",
    ],
)
def test_a_workflow_runs_from_a_pipe(shell, tmp_path, script):
    done = shell(script)

    assert done.returncode == 0, done.stderr
    assert [path.read_text() for path in tmp_path.glob("output/job_stdio/*.o")] == ["ok\n"]
    copies = list(tmp_path.glob("state/torc/runs/*/workflow*"))
    assert [copy.read_text() for copy in copies] == [SPEC]


@pytest.mark.parametrize(
    "command",
    ["workflows create --dry-run", "workflows create", "workflows execution-plan", "run --detach"],
)
def test_every_command_that_takes_a_file_takes_a_pipe(shell, command):
    for script in (f"torc -f json {command} <(cat w.yaml)", f"torc -f json {command} - < w.yaml"):
        done = shell(script)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)


def test_a_faulty_pipe_creates_nothing_and_is_named(shell, client):
    before = client.list_workflows().total_count
    for script, name in (
        ("torc run - <<< 'name: x'", "standard input"),
        ("torc run <(echo 'name: x')", "/dev/fd/"),
        ("torc run - < /dev/null", "standard input: the file is empty"),
        ("torc run - <&-", "standard input"),
    ):
        done = shell(script)
        assert done.returncode in {2, 9}, done.stderr
        assert name in done.stderr
        assert "Traceback" not in done.stderr
    assert client.list_workflows().total_count == before


def is_asleep(pid: int) -> bool:
    """Return whether a process waits, as in a system call that a signal interrupts; proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def test_a_pipe_that_nothing_is_written_to_can_be_left_with_ctrl_c(tmp_path):
    pipe = tmp_path / "p"
    os.mkfifo(pipe)

    def open_for_writing() -> int | None:
        with suppress(OSError):  # nothing reads from it yet
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        return None

    with subprocess.Popen(
        [TORC, "run", pipe], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as waiting:
        end = wait_for(open_for_writing, "the command to open the pipe")
        try:
            wait_for(lambda: is_asleep(waiting.pid), "the command to read from it")
            waiting.send_signal(signal.SIGINT)
            _, said = waiting.communicate(timeout=100)
        finally:
            os.close(end)  # ends the reading, if nothing else has
    assert waiting.returncode == 130
    assert "Traceback" not in said
