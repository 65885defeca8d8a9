"""What dead runners have left on this machine, for the next runner of their workflow.

A guard that lives has the jobs' processes, and they go on. Of a guard that is gone there is only
its journal: exits in it count, and what was still running is ended, since its exit code could not
be learned. Commands of actions are not adopted: the server has given up the execution of an action
with its runner.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from torc_core.host.directories import state_directory
from torc_core.host.files.deletion import (
    delete_directory,
    delete_left_over,
    unchanged_s,
)
from torc_core.host.files.json_file import read_record
from torc_core.host.files.locks import try_lock_file
from torc_core.model.ids import ComputeNodeId, JobId, WorkflowId
from torc_core.runner.guard.journal import read_journal, running_ids
from torc_core.runner.guard.messages import Busy, Ending, Exited, Hello, KeptEntry, Started
from torc_core.runner.guard.processes import send_signal
from torc_core.runner.guard.trees import labeled
from torc_core.runner.logs import log
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.process.attempt import Attempt, GuardedProcess
from torc_core.runner.process.guard_client import (
    HELLO_S,
    RECORD,
    GuardClient,
    GuardRecord,
    connect_guard,
    guards_directory,
    warn_of_suspended,
)
from torc_core.runner.process.records import (
    AttemptRecord,
    CommandRecord,
    ProcessRecord,
    decode,
)

_KEPT_S = 30 * 24 * 3600.0
"""How long what a guard has left is kept for a next runner."""
_TURN_S = 30.0
"""How long a runner waits while another one adopts; the limits of a few guards together."""
_END_S = 10.0
"""How long SIGKILL is repeated for what a guard that is gone has left."""


class Adopted(NamedTuple):
    """An attempt that a dead runner has left, and what has become known of its process."""

    attempt: Attempt
    exited: Exited | None
    is_lost: bool
    """Its process was ended, since its guard is gone."""


class LeftCommand(NamedTuple):
    """The process of a command that a dead runner was running for an action."""

    id: int
    """Its number at its guard."""
    pid: int
    record: CommandRecord
    has_exited: bool


def split_newest(adopted: Sequence[Adopted]) -> tuple[list[Adopted], list[Adopted]]:
    """Return what is latest of each job, and what that stands in for.

    Two runners had the job: one was silent for longer than its lease, or its guard died
    and the job ran again. Or a runner had adopted it, and its own guard ran the recovery script.
    """
    newest: dict[JobId, Adopted] = {}
    for each in sorted(adopted, key=_age):
        newest[each.attempt.job_id] = each
    stale = [each for each in adopted if newest[each.attempt.job_id] is not each]
    return list(newest.values()), stale


def _age(adopted: Adopted) -> tuple[int, bool]:
    return adopted.attempt.token, adopted.attempt.recovery is not None


class DeadRunner(NamedTuple):
    """A runner that is gone."""

    compute_node_ids: list[ComputeNodeId]
    """Its own, and those of the runners before it."""
    guard: GuardClient
    """It has the processes; if it is gone, too, they are in its journal."""
    attempts: list[Adopted]
    commands: list[LeftCommand]


def adopt(
    workflow_id: WorkflowId, is_ours: Callable[[GuardRecord], bool], *, cares: bool
) -> Iterator[DeadRunner]:
    """Yield the dead runners of a workflow on this machine; each is given to one runner only.

    Runners take turns from their registration on.

    Args:
        workflow_id: The workflow.
        is_ours: Whether a guard's compute node is one of our server's.
        cares: Only until the next runner comes.
    """
    for directory in sorted(guards_directory().iterdir()):
        record = read_record(directory / RECORD, GuardRecord)
        if record is None or record.workflow_id != workflow_id or not record.process.is_local():
            _prune(directory, record)
            continue
        if not is_ours(record):
            continue
        found = _reach(directory, record, cares=cares)
        if found is not None:
            attempts = list(_attempts(found.entries, found.guard))
            commands = list(_commands(found.entries))
            nodes = [*record.earlier_node_ids, record.compute_node_id]
            yield DeadRunner(nodes, found.guard, attempts, commands)


def lost_entries(name: str, directory: Path) -> list[KeptEntry]:
    """End what a guard which is gone has left running, and return the entries of its journal.

    What jobs have left behind on purpose lives on.

    Raises:
        OSError: The journal cannot be read.
    """
    entries = read_journal(directory)
    running = running_ids(entries)
    deadline = time.monotonic() + _END_S
    while (left := labeled(name, running)) and time.monotonic() < deadline:
        send_signal(left, signal.SIGKILL)
        time.sleep(0.01)
    return entries


def _prune(directory: Path, record: GuardRecord | None) -> None:
    """Delete what was left long ago by a guard of a workflow that is not run any more."""
    delete_left_over(directory)
    with contextlib.suppress(OSError):
        is_alive = record is not None and record.process.is_alive()
        if not is_alive and unchanged_s(directory) > _KEPT_S:
            delete_directory(directory)


class _Found(NamedTuple):
    guard: GuardClient
    entries: list[KeptEntry]


def _reach(directory: Path, record: GuardRecord, *, cares: bool) -> _Found | None:
    """Take over what a guard has, or has left; None if that is another runner's.

    A guard that is just starting or ending does not answer.
    """
    deadline = time.monotonic() + HELLO_S
    while (guard := connect_guard(directory, record, cares=cares)) or record.process.is_alive():
        answer = None
        if guard is not None:
            try:
                answer = guard.answer(deadline - time.monotonic())
            except msgspec.MsgspecError as error:  # of another version
                log.warning("Jobs of a dead runner are left", directory=directory, error=error)
                guard.close()
                return None
        if guard is not None and isinstance(answer, Hello):
            return _Found(guard, answer.entries)
        if guard is not None:
            guard.close()
        if isinstance(answer, Busy):
            return None
        if time.monotonic() > deadline:
            if record.process.is_suspended():
                warn_of_suspended(record)
            else:
                log.warning("Guard does not answer", directory=directory)
            return None
        time.sleep(0.01)
    entries = _take_journal(directory, record)
    return None if entries is None else _Found(GuardClient.gone(directory, record), entries)


def _take_journal(directory: Path, record: GuardRecord) -> list[KeptEntry] | None:
    """Return what a guard that is gone has left; None if that is another runner's."""
    if record.runner.is_alive():
        return None  # which has noticed
    try:
        if try_lock_file(directory / RECORD) is None:  # never released
            return None  # another runner was faster
        return lost_entries(record.name, directory)
    except OSError as error:
        log.warning("Jobs of a dead runner are not adopted", directory=directory, error=error)
        return None


@contextlib.contextmanager
def taking_turns() -> Iterator[None]:
    """Let runners of this machine register and adopt one after the other, where locks work.

    So a node that takes over has a higher number than the one before it: the server relies on that.
    And if two shared what one dead runner has left, the first to report would replace its node, and
    what the second has adopted would be given to others.
    """
    deadline = time.monotonic() + _TURN_S
    lock = None
    with contextlib.suppress(OSError):
        while (lock := try_lock_file(state_directory() / "adoption.lock")) is None:
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _attempts(entries: list[KeptEntry], guard: GuardClient) -> Iterator[Adopted]:
    """Yield the attempts to which entries belong; the latest process of each counts."""
    starts: dict[tuple[int, int], list[tuple[Started, AttemptRecord]]] = {}
    ends: dict[int, Exited] = {}
    reasons: dict[int, StopReason] = {}
    for entry in entries:
        match entry:
            case Started():
                record = _record(entry)
                if isinstance(record, AttemptRecord):
                    key = record.claimed.job.id or 0, record.claimed.token
                    starts.setdefault(key, []).append((entry, record))
            case Ending():
                reasons[entry.id] = StopReason.named(entry.reason)
            case Exited():
                ends[entry.id] = entry
    for processes in starts.values():
        first, (last, record) = processes[0][0], processes[-1]
        attempt = Attempt(
            claimed=record.claimed,
            gpus=record.gpus,
            started=first.at,
            started_ms=first.at_ms,
            usage=Usage(last_sampled=time.monotonic()),
            processes=[GuardedProcess(guard, each.id) for each, _ in processes],
            pid=last.pid or None,
            reaper=0 if guard.is_gone else guard.pid,
            stop=reasons.get(last.id),
            outputs_before=record.outputs_before,
            cpus=record.cpus,
            is_step=record.is_step,
            recovery=record.recovery,
        )
        exited = ends.get(last.id)
        yield Adopted(attempt, exited, is_lost=exited is None and guard.is_gone)


def _record(entry: Started) -> ProcessRecord | None:
    try:
        return decode(entry.record)
    except msgspec.MsgspecError as error:  # of another version
        log.warning("Process of a dead runner is not adopted", pid=entry.pid, error=error)
        return None


def _commands(entries: list[KeptEntry]) -> Iterator[LeftCommand]:
    exited = {entry.id for entry in entries if isinstance(entry, Exited)}
    for entry in entries:
        if isinstance(entry, Started):
            record = _record(entry)
            if isinstance(record, CommandRecord):
                yield LeftCommand(entry.id, entry.pid, record, entry.id in exited)
