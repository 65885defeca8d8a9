"""Names of processes, by which their death is seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from torc_core.host.process_name import is_known_dead, new_process_name

SAY_AND_STAY = (
    "import time; from torc_core.host.process_name import new_process_name as name;"
    "print(name(), flush=True); time.sleep(1000)"
)


def test_a_process_is_dead_once_it_was_killed():
    command = [sys.executable, "-c", SAY_AND_STAY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            name = process.stdout.readline().strip()
            assert not is_known_dead(name)
            process.send_signal(signal.SIGSTOP)
            assert not is_known_dead(name)
        finally:
            process.kill()
        process.wait()
        assert is_known_dead(name)


def test_a_later_process_with_the_same_number_is_another():
    host, pid, mark = new_process_name().rsplit(":", 2)
    place, start, random = mark.split("-")
    assert is_known_dead(f"{host}:{pid}:{place}-{int(start, 16) - 1:x}-{random}")


def test_names_differ_and_say_where_to_look():
    names = {new_process_name() for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith(f"{os.uname().nodename}:{os.getpid()}:") for name in names)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ann:1",
        "login1:1:7be01a44",
        "login1:1:00000000-1c2e5d-7be01a44",
        "login1:99999999999:00000000-1c2e5d-7be01a44",
        "\n" * 1000,
    ],
)
def test_nothing_is_known_of_others(name):
    assert not is_known_dead(name)
