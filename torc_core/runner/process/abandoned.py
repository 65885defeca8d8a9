"""Ends what a dead runner has left of a workflow that was deleted; nothing is reported."""

from __future__ import annotations

import contextlib
import select
from pathlib import Path

import msgspec

from torc_core.host.files.deletion import delete_directory
from torc_core.runner.guard.journal import running_ids
from torc_core.runner.guard.messages import Busy, End, Exited, Hello, Leave, Started
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.process.adoption import lost_entries
from torc_core.runner.process.guard_client import (
    HELLO_S,
    GuardClient,
    GuardRecord,
    connect_guard,
)
from torc_core.runner.process.records import AttemptRecord, decode


def end_abandoned(directory: Path, record: GuardRecord, *, grace_s: float, short_s: float) -> None:
    """End all processes that a guard has, or has left, and delete its directory.

    Nothing is done if another runner has taken over.

    Args:
        directory: The guard's.
        record: What is known of it.
        grace_s: From SIGTERM to SIGKILL, for jobs with `supports_termination`.
        short_s: The same for all others.
    """
    guard = connect_guard(directory, record, cares=True)
    if guard is not None:
        try:
            answer = guard.answer(HELLO_S)
            if isinstance(answer, Busy):
                return
            if isinstance(answer, Hello):
                _end_all(guard, answer, grace_s, short_s)
        finally:
            guard.close()
    if guard is not None and guard.serves_another():
        return
    with contextlib.suppress(OSError):  # there is no journal: the guard had nothing left to do
        lost_entries(record.name, directory)
    delete_directory(directory)


def _end_all(guard: GuardClient, known: Hello, grace_s: float, short_s: float) -> None:
    started = [entry for entry in known.entries if isinstance(entry, Started)]
    running = running_ids(known.entries)
    for entry in started:
        if entry.id in running:
            wait_s = grace_s if _supports_termination(entry) else short_s
            guard.send(End(id=entry.id, grace_s=wait_s, reason=StopReason.CANCELED.name))
    guard.flush()
    while running and not guard.is_gone:
        select.select([guard], [], [])
        running -= {event.id for event in guard.receive() if isinstance(event, Exited)}
    guard.forget([entry.id for entry in started])
    guard.send(Leave())
    guard.flush()


def _supports_termination(entry: Started) -> bool:
    try:
        record = decode(entry.record)
    except msgspec.MsgspecError:  # of another version
        return False
    return isinstance(record, AttemptRecord) and record.claimed.job.supports_termination is True
