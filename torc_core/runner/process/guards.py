"""The guards of a runner: its own, which starts its processes, and those of dead runners."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from torc_core.errors import MachineError
from torc_core.model.ids import ComputeNodeId
from torc_core.runner.guard.messages import (
    Configure,
    End,
    Exited,
    Forget,
    Hello,
    Leave,
    Refused,
    Start,
    Started,
    pack,
)
from torc_core.runner.logs import log
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.process.adoption import Adopted, adopt, lost_entries
from torc_core.runner.process.attempt import Attempt, GuardedProcess
from torc_core.runner.process.guard_client import CareRecord, GuardClient, GuardRecord, start_guard
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure


class Lost(NamedTuple):
    """A process whose guard is gone, so that its exit is not known; it was ended."""


class Taken(NamedTuple):
    """A process that another runner has taken over."""


ProcessEvent = Started | Refused | Exited | Lost | Taken


class Guards:
    """Has processes started and ended, and learns how they exit; a simulator has its own.

    Args:
        context: The runner's.
        watch: Wakes the loop whenever a descriptor is readable.
        care: For a caretaker, should this runner die.
    """

    def __init__(
        self, context: RunnerContext, watch: Callable[[int], None], care: CareRecord
    ) -> None:
        self._context = context
        self._watch = watch
        self._care = care
        self._setting = Configure(directory="", environment={})
        self._ids = count(1)
        self._own: GuardClient | None = None
        self._guards: dict[int, GuardClient] = {}
        """By descriptor: our own, and those of dead runners."""
        self._attempts: dict[tuple[GuardClient, int], Attempt] = {}
        """By guard and number of a process that has not exited."""
        self._settled: list[Path] = []
        """Directories of guards that are gone: deleted once everything is reported."""

    def configure(self, directory: str, environment: Mapping[str, str]) -> None:
        """Set where all processes start from now on, and what their environments share."""
        packed = {pack(name): pack(value) for name, value in environment.items()}
        self._setting = Configure(directory=pack(directory), environment=packed)
        if self._own is not None:
            self._own.send(self._setting)

    def start(self, attempt: Attempt, command: Start) -> None:
        """Have our guard start a process of an attempt; the number of the command is set here.

        Raises:
            SpawnError: There is no guard, and none can be started.
        """
        if self._own is None:
            self.start_guard()
        assert self._own is not None
        process = GuardedProcess(self._own, next(self._ids))
        self._own.send(msgspec.structs.replace(command, id=process.id))
        attempt.processes = [*attempt.processes, process]
        attempt.pid, attempt.reaper = None, self._own.pid
        self._attempts[self._own, process.id] = attempt

    def end(self, attempt: Attempt, grace_s: float) -> None:
        """End all processes of an attempt: SIGTERM, and after a grace SIGKILL for what is left."""
        if attempt.processes and attempt.stop is not None:
            process = attempt.processes[-1]
            reason = attempt.stop.name
            process.guard.send(End(id=process.id, grace_s=grace_s, reason=reason))

    def forget(self, attempt: Attempt) -> None:
        """Drop what the guards keep of an attempt: the server knows."""
        for process in attempt.processes:
            process.guard.send(Forget(ids=[process.id]))

    def flush(self) -> None:
        """Send the guards what they are to do."""
        for guard in self._guards.values():
            guard.flush()

    def receive(self, fd: int) -> list[tuple[Attempt, ProcessEvent]]:
        """Return what has happened to processes, given the descriptor of their guard."""
        guard = self._guards[fd]
        events: list[tuple[Attempt, ProcessEvent]] = []
        for event in guard.receive():
            if isinstance(event, Hello):
                continue
            attempt = self._attempts.get((guard, event.id))
            if attempt is None:
                continue
            events.append((attempt, event))
            if not isinstance(event, Started):
                del self._attempts[guard, event.id]
        if guard.is_gone:
            events += self._settle(guard)
        return events

    def adopt(
        self, is_ours: Callable[[GuardRecord], bool], *, cares: bool = False
    ) -> tuple[list[Adopted], list[ComputeNodeId]]:
        """Take over what dead runners of the workflow have left on this machine.

        Args:
            is_ours: Whether a guard's compute node is one of our server's.
            cares: Only until the next runner comes.

        Returns:
            Their attempts, and their compute nodes.
        """
        adopted: list[Adopted] = []
        nodes: list[ComputeNodeId] = []
        for runner in adopt(self._context.workflow_id, is_ours):
            nodes.append(runner.compute_node_id)
            adopted += runner.attempts
            if runner.guard is None:
                self._settled.append(runner.directory)
                continue
            node = self._context.node_id, self._context.node_start_time
            runner.guard.take(*node, cares=cares)
            self._add(runner.guard)
            for each in runner.attempts:
                if each.exited is None:
                    self._attempts[runner.guard, each.attempt.processes[-1].id] = each.attempt
        return adopted, nodes

    def close(self, *, is_reported: bool) -> None:
        """Leave the guards, which end once their processes have.

        Args:
            is_reported: The server knows of everything that has exited.
        """
        for guard in self._guards.values():
            guard.send(Leave())
            guard.flush()
            guard.close()
        for directory in self._settled if is_reported else ():
            shutil.rmtree(directory, ignore_errors=True)

    def start_guard(self) -> None:
        """Start our own guard, so that the first job need not wait for it.

        Raises:
            SpawnError: It cannot be started.
        """
        context = self._context
        try:
            self._own = start_guard(
                context.workflow_id, context.node_id, context.node_start_time, self._care
            )
        except (OSError, MachineError) as error:
            raise SpawnError(
                f"No process can be started here: {error}",
                hint="Look at the space and the permissions of the state directory.",
                cause=SpawnFailure.MACHINE,
            ) from error
        self._add(self._own)
        self._own.send(self._setting)

    def _add(self, guard: GuardClient) -> None:
        self._guards[guard.fileno()] = guard
        self._watch(guard.fileno())

    def _settle(self, guard: GuardClient) -> list[tuple[Attempt, ProcessEvent]]:
        """Return how the processes of a guard that is gone have exited, or that they are lost."""
        left = {each: a for each, a in self._attempts.items() if each[0] is guard}
        del self._guards[guard.fileno()]
        guard.close()
        if guard is self._own:
            self._own = None
        for each in left:
            del self._attempts[each]
        if guard.serves_another():
            return [(attempt, Taken()) for attempt in left.values()]
        if not left:
            return []
        log.error("Guard is gone; its jobs are ended", directory=guard.directory)
        entries = lost_entries(guard.record.name, guard.directory)
        exits = {entry.id: entry for entry in entries if isinstance(entry, Exited)}
        self._settled.append(guard.directory)
        return [(attempt, exits.get(number, Lost())) for (_, number), attempt in left.items()]
