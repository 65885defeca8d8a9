import errno
import os
import resource
import select
import signal
from pathlib import Path

import pytest

from torc_core.errors import MachineError
from torc_core.runner.process.child import find_bash, reap, send_signal, spawn

BASH = find_bash()


def start(command, tmp_path, **options):
    return spawn(
        [BASH, "-c", command],
        {"PATH": os.environ["PATH"], "GREETING": "hello"},
        stdout=str(tmp_path / "o"),
        stderr=str(tmp_path / "e"),
        mode=0o600,
        **options,
    )


def wait(child):
    assert select.select([child.fd], [], [], 30)[0], "the process does not end"


def finish(child, **options):
    wait(child)
    return reap(child, **options)


@pytest.mark.parametrize(("command", "code"), [("true", 0), ("exit 7", 7), ("kill -TERM $$", 143)])
def test_the_exit_code_is_what_a_shell_says(tmp_path, command, code):
    assert finish(start(command, tmp_path)).exit_code == code


def test_output_goes_to_files_and_input_is_empty(tmp_path):
    finish(start('cat; echo "$GREETING"; echo oops >&2', tmp_path))
    assert (tmp_path / "o").read_text() == "hello\n"
    assert (tmp_path / "e").read_text() == "oops\n"
    finish(start("echo more", tmp_path, append=True))
    assert (tmp_path / "o").read_text() == "hello\nmore\n"
    finish(start("echo anew", tmp_path))
    assert (tmp_path / "o").read_text() == "anew\n"


def test_a_process_leads_its_session_and_takes_nothing_along(tmp_path):
    leak = os.open(tmp_path, os.O_RDONLY)
    child = start(
        "ps -o sid= -o pgid= -p $$; ls /proc/self/fd; grep SigIgn /proc/self/status", tmp_path
    )
    finish(child)
    os.close(leak)
    ids, *fds, ignored = (tmp_path / "o").read_text().splitlines()
    assert ids.split() == [str(child.pid)] * 2
    assert {"0", "1", "2"} <= set(fds)
    assert str(leak) not in fds
    assert int(ignored.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_a_signal_reaches_the_whole_group(tmp_path):
    child = start(f"sleep 100 & echo $! >{tmp_path}/inner; wait", tmp_path)
    inner = tmp_path / "inner"
    while not (inner.exists() and inner.read_text().strip()):
        os.sched_yield()
    send_signal(child, signal.SIGTERM)
    assert finish(child).exit_code == 143
    assert is_gone(int(inner.read_text()))


def test_what_is_left_of_a_stopped_job_is_killed(tmp_path):
    ignoring = "trap '' TERM; echo $BASHPID >inner; while :; do sleep 0.1; done"
    child = start(f"cd {tmp_path}; ({ignoring}) & while [ ! -s inner ]; do :; done", tmp_path)
    assert finish(child, kill_rest=True).exit_code == 0
    assert is_gone(int((tmp_path / "inner").read_text()))


def is_gone(pid):
    """Whether a process has ended, waiting for it a little; its new parent reaps it."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = bool(select.select([fd], [], [], 10)[0])
    os.close(fd)
    return ended


def test_cpu_time_and_large_memory_are_known_without_sampling(tmp_path):
    ended = finish(start("i=0; while ((i++ < 100000)); do :; done", tmp_path))
    assert 0.01 < ended.cpu_s < 30
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    size = max(200_000_000, 2 * own)  # other tests of this process may have needed much
    ended = finish(start(f"head -c {size} /dev/zero | tail -c {size} >/dev/null", tmp_path))
    assert ended.peak_memory_bytes is not None
    assert size < ended.peak_memory_bytes < 2 * size


def test_the_runners_own_memory_is_not_taken_for_the_jobs(tmp_path):
    ballast = bytearray(os.urandom(1)) * 100_000_000
    ended = finish(start("true", tmp_path))
    assert ballast
    assert ended.peak_memory_bytes is None


@pytest.mark.parametrize(
    ("command", "directory", "hint"),
    [
        ("true", "absent", "output directory"),
        ("x" * 300_000, ".", "script"),
        ("echo a\0b", ".", "character"),
        ("echo \ud800", ".", "character"),
    ],
)
def test_a_process_that_cannot_start_is_an_error_with_advice(tmp_path, command, directory, hint):
    with pytest.raises(MachineError) as caught:
        start(command, tmp_path / directory)
    assert hint in caught.value.hint


def test_without_pidfd_an_exit_is_noticed_all_the_same(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOSYS, "old kernel")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert finish(start("exit 3", tmp_path)).exit_code == 3
    assert len(list(Path("/proc/self/fd").iterdir())) == before
