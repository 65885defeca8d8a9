from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from forks.processes import Process, run

TORC = [sys.executable, "-m", "torc_tui"]


@pytest.fixture
def start(tmp_path):
    """Start servers, which stay."""
    started = []

    def start(**how):
        command = [sys.executable, "-m", "torc_server", "run", "--port", "0"]
        said = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(Process(command, cwd=tmp_path, **said, **how))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def is_new(process):
    return b"parent.py" not in Path(f"/proc/{process.pid}/cmdline").read_bytes()


@pytest.mark.parametrize(
    "arguments", [("--version",), ("nothing",), ("config", "show"), ("ping",)], ids=" ".join
)
def test_a_program_says_and_returns_what_a_new_process_does(arguments, tmp_path):
    how = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 60}
    how["env"] = os.environ | {"TORC_API_URL": "http://127.0.0.1:1"}

    forked, new = (each([*TORC, *arguments], **how) for each in (run, subprocess.run))

    assert (forked.returncode, forked.stdout, forked.stderr) == (
        *(new.returncode, new.stdout, new.stderr),
    )


def test_it_is_a_child_of_this_process_with_a_session_of_its_own(start):
    process = start(start_new_session=True)

    status = Path(f"/proc/{process.pid}/status").read_text()
    assert not is_new(process)
    assert f"\nPPid:\t{os.getpid()}\n" in status
    process.send_signal(signal.SIGKILL)
    assert process.wait(100) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("name", "value"), [("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("TEXTUAL_FPS", "5")]
)
def test_what_is_read_at_the_start_is_read_by_a_new_process(name, value, start):
    assert is_new(start(env=os.environ | {name: value}))
