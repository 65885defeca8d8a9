"""How attempts at a guard that is gone have ended, by what its journal says of them."""

from __future__ import annotations

import socket

import pytest
from core.runner.process.test_taking_over import adopted, guard_record

from torc_core.host.process import ProcessIdentity
from torc_core.runner.guard.journal import Journal
from torc_core.runner.guard.messages import Exited, Forgotten, Skipped, Started
from torc_core.runner.process.attempt import Lost
from torc_core.runner.process.guard_client import GuardClient
from torc_core.runner.process.settling import ends_of

STARTED = Started(id=1, pid=7, at=1.0, at_ms=1)
EXITED = Exited(id=1, exit_code=3, cpu_s=0.0, at=2.0, at_ms=2)


@pytest.mark.parametrize(
    ("lines", "pid", "is_own", "event"),
    [
        ([STARTED], 7, True, Lost()),
        ([STARTED], None, True, Lost()),
        ([STARTED, EXITED], 7, True, EXITED),
        ([], None, True, Skipped(id=1)),
        # Its line had no room on the disk.
        ([], 7, True, Lost()),
        ([], 7, False, Lost()),
        # Another runner had taken the guard, reported the attempt and forgotten it.
        ([STARTED, EXITED, Forgotten(ids=[1])], 7, True, Lost()),
        ([STARTED, EXITED, Forgotten(ids=[1])], 7, False, Lost()),
        ([STARTED, EXITED, Forgotten(ids=[1])], None, False, Lost()),
    ],
)
def test_an_attempt_is_never_started_twice(lines, pid, is_own, event, tmp_path):
    journal = Journal(tmp_path)
    journal.write(lines)
    journal.close()
    attempt = adopted(1, 5).attempt
    attempt.pid = pid
    ours, its = socket.socketpair()
    gone = guard_record(ProcessIdentity(host="h", boot_id="b", pid=1, pid_start=1))
    with its:
        guard = GuardClient(tmp_path, gone, ours)
        try:
            assert ends_of(guard, {1: attempt}, is_own=is_own) == [(attempt, event)]
        finally:
            guard.close()
