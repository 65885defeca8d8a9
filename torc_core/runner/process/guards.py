"""The guards of a runner: its own, which starts its processes, and those of dead runners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

import msgspec

from torc_core.host.files.deletion import delete_directory
from torc_core.model.ids import ComputeNodeId
from torc_core.runner.guard.messages import (
    Busy,
    Configure,
    End,
    Exited,
    Forget,
    Hello,
    Leave,
    Start,
    Started,
    Withdraw,
    pack,
)
from torc_core.runner.logs import log
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import EXIT_LOST, EXIT_STOPPED, StopReason
from torc_core.runner.process.adoption import Adopted, adopt, split_newest
from torc_core.runner.process.attempt import Attempt, GuardedProcess, ProcessEvent, Taken
from torc_core.runner.process.awaited import AwaitedProcess, ThreadRequests
from torc_core.runner.process.guard_client import (
    LOG,
    CareRecord,
    GuardClient,
    GuardRecord,
    start_guard,
)
from torc_core.runner.process.settling import Owner, end_left, ends_of
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure
from torc_core.runner.signals import Waker

_LEAVE_S = 1.0
"""How long a runner that leaves waits for a guard to read its last commands."""


class Guards:
    """Has processes started and ended, and learns how they exit; a simulator has its own.

    It belongs to the loop's thread; others may have processes run for which they wait.

    Args:
        context: The runner's.
        waker: Wakes the loop when a guard has news, or another thread a request.
        care: For a caretaker, should this runner die.
    """

    def __init__(self, context: RunnerContext, waker: Waker, care: CareRecord) -> None:
        self._context = context
        self._waker = waker
        self._care = care
        self._setting = Configure(directory="", environment={})
        self._own: GuardClient | None = None
        self._broken: GuardClient | None = None
        """A guard of ours that ended before it said a word; another one would as well."""
        self._guards: dict[int, GuardClient] = {}
        """By descriptor: our own, and those of dead runners."""
        self._single: set[GuardClient] = set()
        """Those of our own that have one job each."""
        self._owners: dict[tuple[GuardClient, int], Owner] = {}
        """By guard and number of a process that has not exited."""
        self._requests = ThreadRequests(waker.wake)
        self._settled: list[Path] = []
        """Directories of guards that are gone: deleted once everything is reported."""

    def configure(self, directory: str, environment: Mapping[str, str]) -> None:
        """Set where all processes start from now on, and what their environments share."""
        packed = {pack(name): pack(value) for name, value in environment.items()}
        self._setting = Configure(directory=pack(directory), environment=packed)
        for guard in self._guards.values():
            guard.send(self._setting)

    def start(self, attempt: Attempt, command: Start) -> None:
        """Have a process of an attempt started; the number of the command is set here.

        Our guard does it, or the one that has the attempt's first process: so one journal has
        both, and a runner that takes over has both or none. A job that was lost with its guard gets
        one for itself: if it is the job that kills guards, no other job is lost with it again.

        Args:
            attempt: The attempt.
            command: What to start.

        Raises:
            SpawnError: There is no guard, and none can be started.
        """
        guard = attempt.processes[-1].guard if attempt.processes else None
        if guard is None and attempt.claimed.lost_attempts:
            guard = self._new_guard()
            self._single.add(guard)
        self._start(attempt, command, guard)

    def queue(self, attempt: Attempt, command: Start, before: Attempt, until: float) -> None:
        """Have a process of an attempt started once that of another one has exited with 0.

        Args:
            attempt: The attempt.
            command: What to start.
            before: The other one; `is_own` holds for it.
            until: When it is skipped if it still waits, on the monotonic clock.

        Raises:
            SpawnError: There is no guard, and none can be started.
        """
        after = before.processes[-1].id
        command = msgspec.structs.replace(command, after=after, until=until)
        self._start(attempt, command)

    def end(self, attempt: Attempt, grace_s: float) -> None:
        """End all processes of an attempt: ask them to, and after a grace kill what is left."""
        if attempt.processes and attempt.stop is not None:
            process = attempt.processes[-1]
            reason = attempt.stop.name
            signum = self._context.execution.asks_by
            process.guard.send(End(id=process.id, grace_s=grace_s, reason=reason, signum=signum))

    def withdraw(self, attempts: Iterable[Attempt]) -> None:
        """Have our guard skip those of these attempts that still wait for others."""
        ids = [attempt.processes[-1].id for attempt in attempts]
        if self._own is not None and ids:
            self._own.send(Withdraw(ids=ids))

    def is_own(self, attempt: Attempt) -> bool:
        """Return whether our own guard has the process of an attempt."""
        return bool(attempt.processes) and attempt.processes[-1].guard is self._own

    def forget(self, attempts: Iterable[Attempt]) -> None:
        """Drop what the guards keep of attempts: the server knows."""
        ids: dict[GuardClient, list[int]] = {}
        for attempt in attempts:
            for process in attempt.processes:
                ids.setdefault(process.guard, []).append(process.id)
        for guard, numbers in ids.items():
            guard.forget(numbers)
            if guard in self._single:
                self._leave(guard)

    def execute(self, awaited: AwaitedProcess) -> None:
        """Have our guard start a process for which a thread waits. Safe on any thread."""
        self._requests.put(partial(self._execute, awaited))

    def terminate(self, awaited: AwaitedProcess, grace_s: float) -> None:
        """End all processes of such a one, like `end`. Safe on any thread."""
        self._requests.put(partial(self._terminate, awaited, grace_s))

    def flush(self) -> None:
        """Send the guards what they are to do, as other threads have requested, too."""
        self._requests.carry_out()
        for guard in self._guards.values():
            waited = guard.has_unsent
            guard.flush()
            if guard.has_unsent != waited:
                self._waker.watch_for_room(guard.fileno(), waits=not waited)

    def receive(self, fd: int) -> list[tuple[Attempt, ProcessEvent]]:
        """Return what has happened to processes of attempts, given the descriptor of their guard.

        Threads that wait for other processes are woken.
        """
        guard = self._guards[fd]
        events: list[tuple[Attempt, ProcessEvent]] = []
        for owner, event in self._news(guard):
            if isinstance(owner, AwaitedProcess):
                owner.note(event)
                if isinstance(event, Exited):
                    guard.send(Forget(ids=[event.id]))
            else:
                events.append((owner, event))
        return events

    def adopt(
        self, is_ours: Callable[[GuardRecord], bool], *, grace_s: float, cares: bool = False
    ) -> tuple[list[Adopted], list[ComputeNodeId]]:
        """Take over what dead runners of the workflow have left on this machine.

        Args:
            is_ours: Whether a guard's compute node is one of our server's.
            grace_s: From SIGTERM to SIGKILL for commands of actions, which are ended.
            cares: Only until the next runner comes.

        Returns:
            Their attempts, and their compute nodes.
        """
        found: list[Adopted] = []
        nodes: list[ComputeNodeId] = []
        for runner in adopt(self._context.workflow_id, is_ours, cares=cares):
            nodes += runner.compute_node_ids
            found += runner.attempts
            if runner.guard.is_gone:
                self._settled.append(runner.guard.directory)
            else:
                self._take(runner.guard, cares=cares)
            for command in runner.commands:
                end_left(runner.guard, command, grace_s)
        newest, stale = split_newest(found)
        for attempt, exited, is_lost in newest:
            if exited is None and not is_lost:
                process = attempt.processes[-1]
                self._owners[process.guard, process.id] = attempt
        for attempt, exited, _ in stale:
            attempt.stop = StopReason.CANCELED
            if exited is None:
                self.end(attempt, grace_s=0.0)
            self.forget([attempt])
        return newest, nodes

    def close(self, *, is_reported: bool) -> None:
        """Leave the guards, which end once their processes have.

        Args:
            is_reported: The server knows of everything that has exited.
        """
        self._requests.carry_out()
        for owner in self._owners.values():
            if isinstance(owner, AwaitedProcess):
                self._terminate(owner, 0.0)
                owner.finish(EXIT_LOST)
        self._requests.close()
        for guard in list(self._guards.values()):
            self._leave(guard)
        for directory in self._settled if is_reported else ():
            delete_directory(directory)

    def start_guard(self) -> None:
        """Start our own guard, so that the first job need not wait for it.

        Raises:
            SpawnError: It cannot be started.
        """
        self._own = self._new_guard()

    def _new_guard(self) -> GuardClient:
        if self._broken is not None:
            raise SpawnError(
                "No process can be started here: the process that starts them ends at once.",
                hint=f"See {self._broken.directory / LOG}",
                cause=SpawnFailure.MACHINE,
            )
        context = self._context
        guard = start_guard(
            context.workflow_id, context.node_id, context.node_start_time, self._care
        )
        self._add(guard)
        return guard

    def _leave(self, guard: GuardClient) -> None:
        self._single.discard(guard)
        del self._guards[guard.fileno()]
        guard.send(Leave())
        guard.flush(_LEAVE_S)
        guard.close()

    def _news(self, guard: GuardClient) -> list[tuple[Owner, ProcessEvent]]:
        news: list[tuple[Owner, ProcessEvent]] = []
        for event in guard.receive():
            if isinstance(event, Hello | Busy):
                guard.has_answered = True
                continue
            owner = self._owners.get((guard, event.id))
            if owner is None:
                continue
            news.append((owner, event))
            if not isinstance(event, Started):
                del self._owners[guard, event.id]
        return news + self._settle(guard) if guard.is_gone else news

    def _start(self, owner: Owner, command: Start, guard: GuardClient | None = None) -> None:
        if guard is None or guard.is_gone:
            if self._own is None:
                self.start_guard()
            assert self._own is not None
            guard = self._own
        process = GuardedProcess(guard, guard.new_id())
        guard.send(msgspec.structs.replace(command, id=process.id))
        self._owners[guard, process.id] = owner
        owner.begin(process)

    def _execute(self, awaited: AwaitedProcess) -> None:
        if self._requests.is_closed:
            awaited.finish(EXIT_STOPPED)
        if awaited.is_over:
            return
        try:
            self._start(awaited, awaited.start)
        except SpawnError as error:
            awaited.fail(error)

    def _terminate(self, awaited: AwaitedProcess, grace_s: float) -> None:
        if awaited.process is None:
            awaited.finish(EXIT_STOPPED)
        elif not self._requests.is_closed:
            guard, number = awaited.process.guard, awaited.process.id
            guard.send(End(id=number, grace_s=grace_s, reason=StopReason.RUNNER_STOPS.name))

    def _take(self, guard: GuardClient, *, cares: bool) -> None:
        try:
            guard.note_node(self._context.node_id, self._context.node_start_time, cares=cares)
        except OSError as error:
            log.warning("Record of a guard cannot be written", error=error)
        self._add(guard)

    def _add(self, guard: GuardClient) -> None:
        self._guards[guard.fileno()] = guard
        self._waker.watch(guard.fileno())
        guard.send(self._setting)

    def _settle(self, guard: GuardClient) -> list[tuple[Owner, ProcessEvent]]:
        """Return how the processes of a guard that is gone have exited, or that they are lost."""
        left = {each: owner for each, owner in self._owners.items() if each[0] is guard}
        del self._guards[guard.fileno()]
        guard.close()
        is_own = guard is self._own or guard in self._single
        if is_own:
            self._broken = None if guard.has_answered else guard
        if guard is self._own:
            self._own = None
        self._single.discard(guard)
        for each in left:
            del self._owners[each]
        if guard.serves_another():
            return [(owner, Taken()) for owner in left.values()]
        if not left:
            return []
        log.error("Guard is gone; its jobs are ended", directory=guard.directory)
        if guard is not self._broken:  # its log says why
            self._settled.append(guard.directory)
        owners = {number: owner for (_, number), owner in left.items()}
        return ends_of(guard, owners, is_own=is_own)
