"""A guard as its runners see it: what it is told, and what it tells."""

import os
import signal

import pytest
from waiting import wait_for

from torc_core.host.process import ProcessIdentity
from torc_core.runner.guard.journal import read_journal
from torc_core.runner.guard.messages import (
    Configure,
    End,
    Ending,
    Exited,
    Forget,
    Leave,
    Start,
    Started,
)
from torc_core.runner.process.guard_client import CareRecord, connect_guard, start_guard


@pytest.fixture
def guard():
    care = CareRecord(url="http://127.0.0.1:9", token=None, is_embedded=False, options={})
    client = start_guard(1, 1, "", care)
    client.send(Configure(directory="/", environment={"PATH": os.environ["PATH"]}))
    yield client
    client.send(Leave())
    client.flush()
    client.close()
    wait_for(lambda: not client.record.process.is_alive(), "the end of the guard")


def start(number, command):
    shell = ["/bin/sh", "sh", "-c", command]
    return Start(
        id=number,
        arguments=shell,
        environment={},
        stdout="/dev/null",
        stderr="/dev/null",
        directory="/",
        mode=0o600,
    )


def receive(client, kind):
    return wait_for(
        lambda: [event for event in client.receive() if isinstance(event, kind)], kind.__name__
    )


def tell(client, *commands):
    for command in commands:
        client.send(command)
    client.flush()


@pytest.mark.parametrize(
    ("command", "code"), [("kill -TERM $$", 143), ("kill -INT $$", 130), ("exit 3", 3), ("", 0)]
)
def test_the_reason_to_end_what_has_just_ended_is_kept(guard, command, code):
    tell(guard, start(1, command))
    receive(guard, Exited)
    tell(guard, End(id=1, grace_s=1.0, reason="INTERRUPTED"))
    wait_for(lambda: len(read_journal(guard.directory)) == 3, "the reason")
    first, exited, ending = read_journal(guard.directory)
    assert isinstance(first, Started)
    assert exited.exit_code == code
    assert ending == Ending(id=1, reason="INTERRUPTED")
    tell(guard, Forget(ids=[1]))


def test_what_the_last_words_of_a_dead_runner_started_is_taken_over(guard):
    pid = guard.record.process.pid
    wait_for(guard.receive, "its greeting")
    os.kill(pid, signal.SIGSTOP)
    tell(guard, start(1, "exec sleep 60"))
    guard.close()
    following = connect_guard(guard.directory, guard.record, cares=False)
    os.kill(pid, signal.SIGCONT)
    [started] = following.answer(10.0).entries
    assert ProcessIdentity.of(started.pid).is_alive()
    tell(following, End(id=1, grace_s=0.0, reason="CANCELED"))
    [exited] = receive(following, Exited)
    assert exited.exit_code == 137
    tell(following, Forget(ids=[1]), Leave())
    following.close()
