"""A guard as its runners see it: commands in, events out."""

import os
import signal
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
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
    Refused,
    Skipped,
    Start,
    Started,
    Withdraw,
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


def start(number, command, after=0):
    shell = ["/bin/sh", "sh", "-c", command]
    return Start(
        id=number,
        after=after,
        until=time.monotonic() + 60,
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


def receive_all(client, count):
    """Return that many starts, exits and so on."""
    events = []
    wait_for(lambda: events.extend(client.receive()) or len(events) > count, "events")
    return events[1:]  # without its greeting


def send(client, *commands):
    for command in commands:
        client.send(command)
    client.flush()


@pytest.mark.parametrize(
    ("command", "code"), [("kill -TERM $$", 143), ("kill -INT $$", 130), ("exit 3", 3), ("", 0)]
)
def test_the_reason_to_end_what_has_just_ended_is_kept(guard, command, code):
    send(guard, start(1, command))
    receive(guard, Exited)
    send(guard, End(id=1, grace_s=1.0, reason="INTERRUPTED"))
    wait_for(lambda: len(read_journal(guard.directory)) == 3, "the reason")
    first, exited, ending = read_journal(guard.directory)
    assert isinstance(first, Started)
    assert exited.exit_code == code
    assert ending == Ending(id=1, reason="INTERRUPTED")
    send(guard, Forget(ids=[1]))


def test_what_the_last_commands_of_a_dead_runner_started_is_taken_over(guard):
    pid = guard.record.process.pid
    wait_for(guard.receive, "its greeting")
    os.kill(pid, signal.SIGSTOP)
    send(guard, start(1, "exec sleep 60"))
    guard.close()
    following = connect_guard(guard.directory, guard.record, cares=False)
    os.kill(pid, signal.SIGCONT)
    [started] = following.answer(10.0).entries
    assert ProcessIdentity.of(started.pid).is_alive()
    send(following, End(id=1, grace_s=0.0, reason="CANCELED"))
    [exited] = receive(following, Exited)
    assert exited.exit_code == 137
    send(following, Forget(ids=[1]), Leave())
    following.close()


def what(event):
    return type(event), event.id


def test_a_start_behind_another_process_is_made_when_that_has_succeeded(guard):
    send(guard, start(1, ""), start(2, "", after=1), start(3, "exit 3", after=2))
    events = receive_all(guard, 6)
    assert [what(event) for event in events] == [
        (Started, 1),
        (Exited, 1),
        (Started, 2),
        (Exited, 2),
        (Started, 3),
        (Exited, 3),
    ]
    times = [event.at for event in events]
    assert times == sorted(times)
    send(guard, Forget(ids=[1, 2, 3]))


def test_a_start_behind_what_has_succeeded_already_is_made_at_once(guard):
    send(guard, start(1, ""))
    receive(guard, Exited)
    send(guard, start(2, "", after=1))
    assert [event.id for event in receive(guard, Exited)] == [2]
    send(guard, Forget(ids=[1, 2]))


@pytest.mark.parametrize(
    ("command", "ends"),
    [
        ("exit 3", False),
        ("kill -TERM $$", False),
        ("exec sleep 60", True),
        ("trap 'exit 0' TERM; sleep 60 & wait", True),
    ],
)
def test_what_waits_for_a_process_that_does_not_succeed_is_skipped(guard, tmp_path, command, ends):
    mark = tmp_path / "ran"
    send(guard, start(1, command), *(start(n, f"touch {mark}", after=n - 1) for n in (2, 3)))
    if ends:
        receive(guard, Started)
        send(guard, End(id=1, grace_s=10.0, reason="CANCELED"))
    skipped = []
    wait_for(lambda: skipped.extend(receive(guard, Skipped)) or len(skipped) == 2, "both")
    assert [event.id for event in skipped] == [3, 2], "the last first"
    send(guard, start(4, f"touch {mark}", after=2), start(5, f"touch {mark}", after=1))
    receive(guard, Skipped)
    assert not mark.exists()
    send(guard, Forget(ids=[1]))


def test_what_waits_for_a_process_that_cannot_be_started_is_skipped(guard):
    broken = Start(
        id=2,
        after=1,
        until=time.monotonic() + 60,
        arguments=["/missing", "missing"],
        environment={},
        stdout="/dev/null",
        stderr="/dev/null",
        mode=0o600,
    )
    send(guard, start(1, ""), broken, start(3, "", after=2))
    assert [what(event) for event in receive_all(guard, 4)] == [
        (Started, 1),
        (Exited, 1),
        (Skipped, 3),
        (Refused, 2),
    ]
    send(guard, Forget(ids=[1]))


@pytest.mark.parametrize(
    "command", [Withdraw(ids=[2]), End(id=2, grace_s=0.0, reason="CANCELED")], ids=["one", "end"]
)
def test_a_start_that_waits_can_be_taken_back(guard, command):
    send(guard, start(1, "exec sleep 60"), start(2, "", after=1), start(3, "", after=2), command)
    assert {event.id for event in receive(guard, Skipped)} == {2, 3}
    send(guard, Withdraw(ids=[1, 2]))
    send(guard, End(id=1, grace_s=0.0, reason="CANCELED"))
    [exited] = receive(guard, Exited)
    assert (exited.id, exited.exit_code) == (1, 137)
    send(guard, Forget(ids=[1]))


def test_what_waits_is_never_started_once_its_runner_is_gone(guard, tmp_path):
    mark = tmp_path / "ran"
    go = tmp_path / "go"
    command = f"while ! [ -e {go} ]; do sleep 0.01; done"
    send(guard, start(1, command), start(2, f"touch {mark}", after=1))
    receive(guard, Started)
    guard.close()
    following = connect_guard(guard.directory, guard.record, cares=False)
    [started] = following.answer(10.0).entries
    assert started.id == 1
    go.touch()
    receive(following, Exited)
    send(following, start(3, ""))
    assert [event.id for event in receive(following, Exited)] == [3]
    assert not mark.exists()
    send(following, Forget(ids=[1, 3]), Leave())
    following.close()


def test_what_waits_for_too_long_is_skipped(guard):
    first = start(1, "exec sleep 60")
    second = replace(start(2, "", after=1), until=time.monotonic() + 0.1)
    send(guard, first, second, start(3, "", after=2))
    assert [event.id for event in receive(guard, Skipped)] == [3, 2]
    send(guard, End(id=1, grace_s=0.0, reason="CANCELED"))
    receive(guard, Exited)
    send(guard, Forget(ids=[1]))


def test_what_has_waited_while_the_guard_was_suspended_is_skipped(guard, tmp_path):
    mark, go, pid = tmp_path / "ran", tmp_path / "go", guard.record.process.pid
    command = f"until [ -e {go} ]; do sleep 0.01; done; touch {tmp_path}/ended"
    send(guard, start(1, command))
    receive(guard, Started)
    until = time.monotonic() + 0.3
    second = replace(start(2, f"touch {mark}", after=1), until=until)
    send(guard, second, start(3, f"touch {mark}", after=2))
    os.kill(pid, signal.SIGSTOP)
    go.touch()
    wait_for(lambda: (tmp_path / "ended").exists() and time.monotonic() > until, "its time")
    os.kill(pid, signal.SIGCONT)
    assert [event.id for event in receive(guard, Skipped)] == [3, 2]
    assert not mark.exists()
    send(guard, Forget(ids=[1]))


@pytest.mark.parametrize("code", [0, 3])
def test_what_has_exited_before_its_end_was_asked_for_did_so_by_itself(guard, tmp_path, code):
    go, pid = tmp_path / "go", guard.record.process.pid
    send(guard, start(1, f"until [ -e {go} ]; do sleep 0.01; done; exit {code}"))
    [started] = receive(guard, Started)
    os.kill(pid, signal.SIGSTOP)
    go.touch()
    stat = Path(f"/proc/{started.pid}/stat")
    wait_for(lambda: ") Z " in stat.read_text(), "its exit")
    send(guard, End(id=1, grace_s=1.0, reason="INTERRUPTED"))
    os.kill(pid, signal.SIGCONT)
    [exited] = receive(guard, Exited)
    assert (exited.exit_code, exited.by_itself) == (code, True)
    send(guard, Forget(ids=[1]))
