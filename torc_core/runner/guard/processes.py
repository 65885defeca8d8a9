"""The processes of a runner, from start to end: what is reported of them, and how they are ended.

A process that exits by itself with 0 is over, and what it leaves behind on purpose may live on. One
that fails, or is ended, is over when all that descends from it is: after SIGTERM and a grace
for all of it, SIGKILL is repeated until nothing is left.

Strays (see `membership`) may descend from any process that is running. So they are ended when all
of those are, or the only one, with the one that has the longest grace. What carries the label of a
process that is over, was once found to belong to it, or is too old to come from one that runs or
was ended, is left alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection, Sequence

import msgspec

from torc_core.runner.guard.children import SIGNAL_BASE, ProcessExit, reap, spawn
from torc_core.runner.guard.ending import next_step
from torc_core.runner.guard.journal import Journal
from torc_core.runner.guard.membership import Process
from torc_core.runner.guard.messages import (
    Configure,
    End,
    Ending,
    Entry,
    Event,
    Exited,
    Forgotten,
    Refused,
    Skipped,
    Start,
    Started,
    unpack,
)
from torc_core.runner.guard.procfs import now_ticks
from torc_core.runner.guard.queue import StartQueue
from torc_core.runner.guard.trees import LABEL, Found, Trees, label_of

FAILED_GRACE_S = 2.0
"""From SIGTERM to SIGKILL for what a failed process leaves behind."""
START_DELAY_S = 0.01
"""How long a start may wait to be reported together with something else: most short jobs have
exited by then, and a runner that wakes once for each instead of twice costs a third less."""
TOLD_S = 10.0
"""From SIGTERM to SIGKILL for what ends its work elsewhere; srun waits for its step for 5 s."""
QUEUE_DELAY_S = 0.08
"""The same for exits and starts while more is queued behind them: it wakes once for many."""


class _Process(msgspec.Struct):
    start: Started
    exit: ProcessExit | None = None
    exited_at: float = 0.0
    by_itself: bool = False
    """It exited before the runner ended it."""
    kill_at: float | None = None
    """When SIGKILL is due, on the monotonic clock; None unless it is being ended."""
    look_at: float = 0.0
    asks_by: signal.Signals = signal.SIGTERM
    """The signal that asks it to end."""
    was_asked: bool = False
    asked_by: list[str] = []
    """The program that asks it, in place of that signal."""
    was_told: bool = False
    """Its grace is over, and it was sent SIGTERM since it has such a program."""


class Processes:
    """All processes that a guard has started and that are not over.

    Args:
        name: The guard's.
        journal: Where starts and ends are written.
    """

    def __init__(self, name: str, journal: Journal) -> None:
        self._name = name
        self._journal = journal
        self._trees = Trees(name, os.getpid())
        self._environment: dict[str, str] = {}
        self._running: dict[int, _Process] = {}
        """By id."""
        self._by_pid: dict[int, _Process] = {}
        """Those that have not exited."""
        self._entries: list[Entry] = []
        """What is not in the journal yet."""
        self._queue = StartQueue()
        self._events: list[Event] = []
        """What is not reported to the runner yet."""
        self._report_at: float | None = None
        """When it is due at the latest; None while there is nothing."""

    def __len__(self) -> int:
        return len(self._running)

    def configure(self, command: Configure) -> None:
        """Set what all processes share."""
        self._environment = {unpack(k): unpack(v) for k, v in command.environment.items()}
        with contextlib.suppress(OSError):  # gone again: the runner finds out with the next job
            os.chdir(unpack(command.directory))

    def start(self, command: Start) -> None:
        """Start a process, or queue it behind the one that it names."""
        if command.after in self._running or command.after in self._queue:
            self._queue.add(command)
        elif not command.after or self._has_succeeded(command.after):
            self._start(command)
        else:
            self._skip([command.id])

    def withdraw(self, ids: Sequence[int]) -> None:
        """Skip starts that still wait for other processes."""
        self._skip(self._queue.drop(ids))

    def drop_queue(self) -> None:
        """Forget the starts that wait: their runner is gone."""
        self._queue.clear()

    def _has_succeeded(self, process_id: int) -> bool:
        self._write()
        return self._journal.kept.has_succeeded(process_id)

    def _skip(self, ids: Sequence[int]) -> None:
        for process_id in ids:
            self._add_event(Skipped(id=process_id))

    def _start(self, command: Start) -> None:
        if command.after and command.until <= time.monotonic():
            self._skip([*self._queue.drop_behind(command.id), command.id])
            return
        # What dies between this line and the start counts as lost.
        self._entries.append(_noted(command))
        self._write()
        added = {unpack(name): unpack(value) for name, value in command.environment.items()}
        at, at_ms, since = time.monotonic(), time.time_ns() // 1_000_000, now_ticks()
        try:
            pid = spawn(
                [unpack(argument) for argument in command.arguments],
                {**self._environment, **added, LABEL: label_of(self._name, command.id)},
                stdout=unpack(command.stdout),
                stderr=unpack(command.stderr),
                mode=command.mode,
                appends=command.appends,
                direct=[unpack(argument) for argument in command.direct],
                cpus=command.cpus,
                directory=unpack(command.directory),
            )
        except (OSError, ValueError) as error:
            number = error.errno if isinstance(error, OSError) else None
            self._entries.append(Forgotten(ids=[command.id]))
            self._skip(self._queue.drop_behind(command.id))
            self._add_event(Refused(id=command.id, message=str(error), errno=number))
            return
        start = Started(id=command.id, pid=pid, at=at, at_ms=at_ms)
        asked_by = [unpack(argument) for argument in command.asked_by]
        self._running[command.id] = self._by_pid[pid] = _Process(start, asked_by=asked_by)
        self._trees.add(command.id, pid, since)
        self._entries.append(start)
        has_more = self._queue.has_next(command.id)
        self._add_event(start, QUEUE_DELAY_S if has_more else START_DELAY_S)

    def end(self, command: End) -> None:
        """End a process and all that descends from it.

        The reason is kept even if it is over: for the runner it is not, or may have been ended by
        the signal that the runner has received.
        """
        self.reap()  # what has exited by now has done so by itself
        if command.id in self._queue:
            self.withdraw([command.id])
            return
        self._entries.append(Ending(id=command.id, reason=command.reason))
        process = self._running.get(command.id)
        if process is not None:
            process.asks_by = signal.Signals(command.signum)
            self._end(process, command.grace_s)

    def reap(self) -> None:
        """Reap every child that has exited, strangers too."""
        now = time.monotonic()
        for child in list(reap()):  # all, before what is queued behind one of them is started
            process = self._by_pid.pop(child.pid, None)
            if process is not None:
                process.exit, process.exited_at = child, now
                if process.kill_at is None:
                    process.by_itself = True
                    self._exit_by_itself(process)
        for process in self._ended:
            process.look_at = now

    def advance(self) -> None:
        """Look at what is being ended, and skip starts that have waited for too long."""
        now = time.monotonic()
        self._skip(self._queue.drop_expired(now))
        ended = self._ended
        if not any(process.look_at <= now for process in ended):
            return
        found = self._find()
        # All are being ended: then the last of them takes the strays along.
        last = max(ended, key=_kill_at) if len(ended) == len(self._running) else None
        for process in ended:
            if process.look_at > now:
                continue
            left = None
            if found is not None:
                strays = found.strays if process is last else []
                left = [*found.trees.get(process.start.id, []), *strays]
            self._advance(process, now, left)

    def delay_s(self) -> float | None:
        """Return the seconds until `advance` or `take_events` has work to do; None for never."""
        due = [process.look_at for process in self._ended]
        due += [at for at in (self._report_at, self._queue.expiry()) if at is not None]
        return max(min(due) - time.monotonic(), 0.0) if due else None

    def take_events(self, *, has_runner: bool) -> list[Event]:
        """Write what has happened to the journal, and return what is to be reported now.

        Without a runner nothing waits to be reported: the next one is sent the journal.
        """
        is_due = self._report_at is not None and self._report_at <= time.monotonic()
        if has_runner and not is_due:
            # A pid alone can wait: the start was noted before it was made.
            if not all(isinstance(entry, Started) for entry in self._entries):
                self._write()
            return []
        self._write()
        events, self._events, self._report_at = self._events, [], None
        return events

    def _write(self) -> None:
        entries, self._entries = self._entries, []
        if entries:
            self._journal.write(entries)

    def _add_event(self, event: Event, delay_s: float = 0.0) -> None:
        self._events.append(event)
        report_at = time.monotonic() + delay_s
        self._report_at = report_at if self._report_at is None else min(self._report_at, report_at)

    @property
    def _ended(self) -> list[_Process]:
        return [process for process in self._running.values() if process.kill_at is not None]

    def _exit_by_itself(self, process: _Process) -> None:
        assert process.exit is not None
        if process.exit.exit_code == 0 or not self._trees.has_strangers(self._by_pid):
            self._finish(process)
        else:
            self._end(process, FAILED_GRACE_S)

    def _end(self, process: _Process, grace_s: float) -> None:
        now = time.monotonic()
        process.kill_at = min(process.kill_at or now + grace_s, now + grace_s)
        process.look_at = now
        self._skip(self._queue.drop_behind(process.start.id))

    def _advance(self, process: _Process, now: float, left: list[Process] | None) -> None:
        step = next_step(
            now,
            _kill_at(process),
            has_exited=process.exit is not None,
            asks_by=process.asks_by,
            was_asked=process.was_asked,
            left=None if left is None else len(left),
        )
        if step.is_over:
            self._finish(process, survivors=len(left or []))
            return
        process.look_at = step.look_at
        if step.signum is not None:
            process.was_asked = True
            if process.asked_by and process.exit is None and now < _kill_at(process) + TOLD_S:
                self._ask(process, step.signum, left or [])
            else:
                send_signal(left or [], step.signum)

    def _ask(self, process: _Process, signum: signal.Signals, left: list[Process]) -> None:
        """End a process that runs its work elsewhere: it has to live to do so."""
        if signum == signal.SIGKILL:
            if not process.was_told:
                process.was_told = True
                send_signal(left, signal.SIGTERM)
            return
        name = signum.name.removeprefix("SIG")
        with contextlib.suppress(OSError):  # it is ended when its grace is over
            arguments = [*process.asked_by, name]
            null = os.devnull
            spawn(arguments, self._environment, stdout=null, stderr=null, mode=0)

    def _find(self) -> Found | None:
        """Return the live processes of all trees; None if they cannot be read at present."""
        try:
            return self._trees.find()
        except OSError:  # no descriptor is left
            return None

    def _finish(self, process: _Process, survivors: int = 0) -> None:
        start, now = process.start, time.monotonic()
        child = process.exit or ProcessExit(start.pid, SIGNAL_BASE + signal.SIGKILL, 0.0, None)
        exited_at = process.exited_at or now
        exited = Exited(
            id=start.id,
            exit_code=child.exit_code,
            cpu_s=child.cpu_s,
            peak_memory_bytes=child.peak_memory_bytes,
            at=exited_at,
            at_ms=start.at_ms + int((exited_at - start.at) * 1000),
            by_itself=process.by_itself,
            survivors=survivors,
        )
        was_ended = process.kill_at is not None
        self._entries.append(exited)
        del self._running[start.id]
        self._trees.remove(start.id, was_ended=was_ended)
        if child.exit_code == 0 and not was_ended:
            self._start_next(exited)
        else:
            self._add_event(exited)
            self._skip(self._queue.drop_behind(start.id))

    def _start_next(self, exited: Exited) -> None:
        """Start what waits for a process that has succeeded; the report may wait.

        With the last of a chain it may not: the runner may have more.
        """
        command = self._queue.pop_next(exited.id)
        has_more = command is not None and self._queue.has_next(command.id)
        self._add_event(exited, QUEUE_DELAY_S if has_more else 0.0)
        if command is not None:
            self._start(command)


def _noted(command: Start) -> Started:
    at, at_ms = time.monotonic(), time.time_ns() // 1_000_000
    return Started(id=command.id, pid=0, at=at, at_ms=at_ms, record=command.record)


def _kill_at(process: _Process) -> float:
    assert process.kill_at is not None
    return process.kill_at


def send_signal(members: Collection[Process], signum: signal.Signals) -> None:
    """Send a signal to processes, and to whole groups of them at once: these cannot outrun it.

    A process that is suspended receives no signal but SIGKILL before it continues. The first one of
    a tree comes first: otherwise it might go on as if its children had exited by themselves.
    """
    pids = {member.pid for member in members}
    leaders = [group for group in dict.fromkeys(each.group for each in members) if group in pids]
    alone = [member.pid for member in members if member.group not in leaders]
    for send, targets in ((os.killpg, leaders), (os.kill, alone)):
        for target in targets:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                send(target, signum)
                if signum != signal.SIGKILL:
                    send(target, signal.SIGCONT)
