"""A guard that stands still holds up nothing but its jobs, and the log says what to do."""

from __future__ import annotations

import os
import signal
import time

import msgspec
import pytest
from waiting import wait_for

from torc_core.runner.guard.messages import Start
from torc_core.runner.process.awaited import AwaitedProcess
from torc_core.runner.process.guard_client import guards_directory


@pytest.fixture
def guards(own_guards, waker):
    """Guards of a runner, of which one stands still."""
    own_guards.start_guard()
    for fd in waker.sleep(30):
        own_guards.receive(fd)  # its greeting
    signal_guard(signal.SIGSTOP)
    yield own_guards
    signal_guard(signal.SIGCONT)


def guard_pid():
    (directory,) = guards_directory().iterdir()
    return msgspec.json.decode((directory / "guard.json").read_bytes())["process"]["pid"]


def signal_guard(signum):
    os.kill(guard_pid(), signum)


def process(**environment):
    return AwaitedProcess(
        Start(
            id=0,
            arguments=["/bin/true", "true"],
            environment=environment,
            stdout="/dev/null",
            stderr="/dev/null",
            mode=0o600,
        )
    )


def test_what_it_does_not_read_waits_until_it_does(guards, waker):
    started = [process(X="x" * 50_000) for _ in range(100)]
    for each in started:
        guards.execute(each)
    since = time.monotonic()
    for _ in range(20):
        guards.flush()
    assert time.monotonic() - since < 5.0
    waker.sleep(0)  # woken by the requests
    signal_guard(signal.SIGCONT)

    def step():
        for fd in waker.sleep(60):
            guards.receive(fd)
        guards.flush()
        return all(each.is_over for each in started)

    wait_for(step, "the processes")
    assert {each.wait() for each in started} == {0}


def test_the_log_says_once_how_to_continue_it(guards, waker, caplog):
    waiting = process()
    guards.execute(waiting)

    def warnings():
        guards.flush()
        return [record for record in caplog.records if "Guard is suspended" in record.message]

    wait_for(warnings, "the warning")
    [warning] = warnings()
    assert warning.fields["continue_with"] == f"kill -CONT {guard_pid()}"
    signal_guard(signal.SIGCONT)
    wait_for(lambda: [guards.receive(fd) for fd in waker.sleep(1)] and waiting.is_over, "the end")
