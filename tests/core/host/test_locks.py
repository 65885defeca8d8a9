"""Of the processes that want a lock, one has it, for as long as it lives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from waiting import wait_for

from torc_core.host.files.locks import lock_file, try_lock_file

_HOLDER = """
import sys
from pathlib import Path
from torc_core.host.files.locks import lock_file
lock_file(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
def start_holder(path):
    """Start processes that take the lock; they say so once they have it."""
    started = []

    def start():
        holder = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(holder)
        return holder

    yield start
    for holder in started:
        holder.kill()
        holder.communicate()


def test_the_lock_of_a_process_ends_with_it(path, start_holder):
    holder = start_holder()
    assert holder.stdout.readline() == "held\n"
    assert try_lock_file(path) is None
    holder.kill()
    with lock_file(path):
        assert try_lock_file(path) is None


def test_a_process_that_waits_has_the_lock_once_it_is_released(path, start_holder):
    with lock_file(path):
        holder = start_holder()
        inode = f":{path.stat().st_ino} "
        wait_for(lambda: "-> FLOCK" in waiting_locks(inode), "the other one to wait")
    assert holder.stdout.readline() == "held\n"


def waiting_locks(inode):
    """Return the lines of /proc/locks, proc(5), on a file."""
    lines = Path("/proc/locks").read_text().splitlines()
    return "\n".join(line for line in lines if inode in line)


def test_a_released_lock_is_free(path):
    with lock_file(path):
        pass
    lock = try_lock_file(path)
    assert lock is not None
    lock.release()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_made_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        try_lock_file(tmp_path / "missing" / "lock")
