"""The PostgreSQL server of the tests ends with those who use it, however they end."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from waiting import wait_for

TESTS = Path(__file__).parent
_USE = """
from postgresql import Postgres
with Postgres() as postgres:
    print(postgres.url("postgres").rpartition("=")[2], flush=True)
    input()
"""


def test_nothing_is_left_of_a_server_whose_user_is_killed():
    user = subprocess.Popen(
        [sys.executable, "-c", _USE],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdin is not None
    assert user.stdout is not None
    directory = Path(user.stdout.readline().strip())
    pid = int((directory / "data" / "postmaster.pid").read_text("ascii").split()[0])
    user.send_signal(signal.SIGKILL)
    user.communicate()

    wait_for(lambda: not directory.exists(), "the directory to go")
    assert not Path(f"/proc/{pid}").exists()
