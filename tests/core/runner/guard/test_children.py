"""Start and reap processes as a guard does."""

import os
import signal
from pathlib import Path

import pytest
from core.runner.processes import run

from torc_core.runner.guard.children import reap, spawn
from torc_core.runner.process.start_errors import find_bash, spawn_error

BASH = find_bash()
ENVIRONMENT = {"PATH": os.environ["PATH"], "GREETING": "hello"}


def bash(command, folder, **options):
    return run([BASH, "bash", "-c", command], ENVIRONMENT, folder, **options)


def test_output_goes_to_files_and_input_is_empty(tmp_path):
    assert bash('cat; echo "$GREETING"; echo oops >&2', tmp_path) == (0, b"hello\n", b"oops\n")
    assert bash("echo more", tmp_path, appends=True).stdout == b"hello\nmore\n"
    assert bash("echo again", tmp_path).stdout == b"again\n"


def test_a_process_leads_its_session_and_takes_nothing_along(tmp_path):
    leak = os.open(tmp_path, os.O_RDONLY)
    command = "echo $$; ps -o sid= -o pgid= -p $$; ls /proc/self/fd; grep SigIgn /proc/self/status"
    pid, ids, *fds, ignored = bash(command, tmp_path).stdout.decode().splitlines()
    os.close(leak)
    assert ids.split() == [pid] * 2
    assert {"0", "1", "2"} <= set(fds)
    assert str(leak) not in fds
    assert int(ignored.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_a_process_is_bound_to_its_cpus_from_the_start_and_we_are_not(tmp_path):
    before = os.sched_getaffinity(0)
    (cpu, *_) = sorted(before)
    told = bash("grep Cpus_allowed_list /proc/self/status", tmp_path, cpus=[cpu]).stdout
    assert told.split() == [b"Cpus_allowed_list:", str(cpu).encode()]
    assert os.sched_getaffinity(0) == before


def test_a_process_starts_in_a_directory_of_its_own_and_we_stay_even_in_a_deleted_one(
    tmp_path, monkeypatch
):
    other, deleted = tmp_path / "other", tmp_path / "deleted"
    other.mkdir()
    deleted.mkdir()
    monkeypatch.chdir(deleted)
    deleted.rmdir()
    here = Path("/proc/self/cwd")
    assert bash("pwd", tmp_path, directory=str(other)).stdout == os.fsencode(f"{other}\n")
    assert str(here.readlink()) == f"{deleted} (deleted)"
    with pytest.raises(FileNotFoundError):
        bash("pwd", tmp_path, directory=str(tmp_path / "absent"))
    assert str(here.readlink()) == f"{deleted} (deleted)"


@pytest.mark.parametrize(
    ("command", "folder", "hint"),
    [
        ("true", "absent", "output directory"),
        ("x" * 300_000, ".", "script"),
        ("echo a\0b", ".", "character"),
        ("echo \ud800", ".", "character"),
    ],
)
def test_a_process_that_cannot_start_is_an_error_with_advice(tmp_path, command, folder, hint):
    with pytest.raises((OSError, ValueError)) as caught:
        bash(command, tmp_path / folder)
    assert hint in spawn_error("", getattr(caught.value, "errno", None)).hint


def test_without_children_nothing_is_reaped(tmp_path):
    """In a process of its own: others have children."""
    pid = os.fork()
    if pid == 0:
        first = list(reap())
        spawn(
            [BASH, "bash", "-c", "exit 7"], {}, stdout="/dev/null", stderr="/dev/null", mode=0o600
        )
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        os._exit(0 if not first and [each.exit_code for each in reap()] == [7] else 1)
    _, status = os.waitpid(pid, 0)
    assert status == 0
