"""What a runner that takes over makes of a guard's answer, and of attempts at several guards."""

import os
import socket
import time

import msgspec
import pytest
from core.runner.simulated import claimed_job, completion

from torc_core.host.directories import private_directory, state_directory
from torc_core.host.files.json_file import write_record
from torc_core.host.files.locks import try_lock_file
from torc_core.host.process import ProcessIdentity
from torc_core.runner.guard.messages import Busy, Command, Exited, Hello, Started
from torc_core.runner.guard.stream import Stream
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.process.adoption import Adopted, adopt, split_newest, taking_turns
from torc_core.runner.process.attempt import Attempt, Recovery
from torc_core.runner.process.guard_client import (
    RECORD,
    CareRecord,
    GuardClient,
    GuardRecord,
    guards_directory,
)

STARTED = [Started(id=number, pid=number, at=1.0, at_ms=1) for number in (1, 2)]
EXITED = [Exited(id=number, exit_code=3, cpu_s=0.0, at=2.0, at_ms=2) for number in (1, 2)]


def guard_record(process):
    return GuardRecord(
        workflow_id=1,
        compute_node_id=1,
        node_start_time="",
        runner=process,
        name="guard",
        process=process,
        care=CareRecord(url="", token=None, is_embedded=False, options={}),
    )


@pytest.fixture
def ends(tmp_path):
    """The guard's end of a connection, and the runner's."""
    ours, its = socket.socketpair()
    record = guard_record(ProcessIdentity(host="h", boot_id="b", pid=1, pid_start=1))
    guard = Stream(its, msgspec.json.Decoder(list[Command]))
    client = GuardClient(tmp_path, record, ours)
    yield guard, client
    guard.close()
    client.close()


@pytest.mark.parametrize("exits", [[], EXITED[:1], EXITED])
def test_what_exits_while_a_runner_takes_over_is_in_the_answer(ends, exits):
    guard, client = ends
    guard.send([Hello(entries=STARTED)])
    for event in exits:
        guard.send([event])
    assert client.answer(5.0).entries == [*STARTED, *exits]


def test_what_exits_after_the_answer_is_received_later(ends):
    guard, client = ends
    guard.send([Hello(entries=STARTED)])
    assert client.answer(5.0).entries == STARTED
    guard.send(EXITED)
    assert client.receive() == EXITED


def test_a_guard_that_serves_another_or_ends_says_so(ends):
    guard, client = ends
    guard.send([Busy()])
    guard.close()
    assert client.answer(5.0) == Busy()
    assert client.answer(5.0) is None


def adopted(job_id, token, *, recovers=False):
    recovery = Recovery(completion=completion(job_id, token), started=1.0) if recovers else None
    attempt = Attempt(
        claimed=claimed_job(job_id, token=token),
        gpus=(),
        started=1.0,
        started_ms=1,
        usage=Usage(last_sampled=1.0),
        recovery=recovery,
    )
    return Adopted(attempt, exited=None, is_lost=False)


def test_of_several_attempts_of_a_job_the_latest_is_kept():
    old, new, other = adopted(1, 5), adopted(1, 8), adopted(2, 3)
    assert split_newest([new, other, old]) == ([other, new], [old])


@pytest.mark.parametrize("is_first", [True, False])
def test_a_recovery_script_at_another_guard_stands_for_its_attempt(is_first):
    job, script = adopted(1, 5), adopted(1, 5, recovers=True)
    pair = [script, job] if is_first else [job, script]
    assert split_newest(pair) == ([script], [job])


def test_a_later_attempt_counts_more_than_the_recovery_script_of_an_earlier_one():
    script, later = adopted(1, 5, recovers=True), adopted(1, 6)
    assert split_newest([later, script]) == ([later], [script])


def test_runners_take_turns():
    path = state_directory() / "adoption.lock"
    with taking_turns():
        assert try_lock_file(path) is None
    lock = try_lock_file(path)
    assert lock is not None
    lock.release()


@pytest.mark.parametrize(
    ("changed_days_ago", "lives", "is_kept"),
    [(31, False, False), (29, False, True), (31, True, True)],
)
def test_what_guards_have_left_is_kept_for_a_month(changed_days_ago, lives, is_kept):
    directory = private_directory(guards_directory() / "wf1-0")
    process = ProcessIdentity.of(os.getpid())
    gone = msgspec.structs.replace(process, pid_start=0)
    write_record(directory / RECORD, guard_record(process if lives else gone))
    (directory / "journal").touch()
    for path, days in (("", 40), (RECORD, 40), ("journal", changed_days_ago)):
        then = time.time() - days * 24 * 3600
        os.utime(directory / path, (then, then))
    assert list(adopt(2, lambda _: True, cares=False)) == []
    assert directory.exists() == is_kept
