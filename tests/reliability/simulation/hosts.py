"""Machines with a guard and a runner, which die; what their jobs did is in the ledger."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from core.runner.shared_time import Machine, Time
from core.runner.simulated import SimulatedClock, SimulatedProcesses, SimulatedWaker, World
from msgspec.structs import replace
from reliability.simulation.network import Link

from torc_core.errors import NotFoundError
from torc_core.model.exchange import ClaimedJob
from torc_core.resources import Resources
from torc_core.runner.guard.messages import Exited, Skipped
from torc_core.runner.process.adoption import Adopted
from torc_core.runner.process.attempt import Attempt, Lost, ProcessEvent

Key = tuple[int, int]
"""A job and the token of its attempt."""


class Started(NamedTuple):
    """A process of a job that started."""

    at: float
    job_id: int
    token: int


class Ended(NamedTuple):
    """How it ended."""

    code: int
    ms: int
    """How long it ran, which no other does."""


class Ledger:
    """What jobs did, as they would have written it down themselves."""

    def __init__(self) -> None:
        self.starts: list[Started] = []
        self.ends: dict[Key, Ended] = {}
        self.succeeded: set[int] = set()
        self.too_early: list[str] = []
        """Jobs that began before one that they depend on had ended."""
        self.needs: dict[int, list[int]] = {}

    def start(self, at: float, job_id: int, token: int) -> None:
        self.starts.append(Started(at, job_id, token))
        missing = [need for need in self.needs[job_id] if need not in self.succeeded]
        if missing:
            self.too_early.append(f"job {job_id} before {missing}")

    def end(self, job_id: int, token: int, ended: Ended) -> None:
        self.ends[job_id, token] = ended
        if ended.code == 0:
            self.succeeded.add(job_id)


class Guard(SimulatedProcesses):
    """The guard of a machine, which outlives its runners and has what none has reported."""

    def __init__(
        self,
        clock: SimulatedClock,
        waker: SimulatedWaker,
        ledger: Ledger,
        behaves: Callable[[ClaimedJob], tuple[float, int]],
    ) -> None:
        super().__init__(clock, waker)
        self._ledger = ledger
        self.finished: list[Key] = []
        """Processes that have exited by themselves."""
        self.stopped: list[Key] = []
        """Processes that a runner has ended."""
        self.has_died = False
        self._kept: dict[Attempt, Exited | None] = {}
        """By attempt that is not forgotten, how it ended."""
        self._outcomes: dict[Key, tuple[float, int]] = {}
        self._behaves = behaves
        self.run_time_s = lambda claimed: self._outcome(claimed)[0]
        self.exit_code = lambda claimed: self._outcome(claimed)[1]

    def forget(self, attempts: Iterable[Attempt]) -> None:
        for attempt in attempts:
            self._kept.pop(attempt, None)

    def hand_over(self, waker: SimulatedWaker) -> list[Adopted]:
        """Give the next runner what the one before it had; what was queued is dropped."""
        self._waker = waker
        self._events, self._behind = [], {}
        kept, self._kept = self._kept, {}
        adopted = []
        for old, exited in kept.items():
            new = Attempt(
                claimed=old.claimed,
                gpus=old.gpus,
                started=old.started,
                started_ms=old.started_ms,
                usage=replace(old.usage),
            )
            self._kept[new] = exited
            self._running = {n: new if each is old else each for n, each in self._running.items()}
            if exited is not None:
                self._exit_codes[new] = exited.exit_code
            is_lost = exited is None and new not in self._running.values()
            adopted.append(Adopted(new, exited, is_lost))
        return adopted

    def lose_processes(self) -> list[Attempt]:
        """Let the guard die with all its processes, and return what they were."""
        self.has_died = True
        lost, self._running, self._behind = list(self._running.values()), {}, {}
        return lost

    def report_lost(self, attempts: Iterable[Attempt]) -> None:
        """Let the runner see that they are gone."""
        for attempt in attempts:
            self._exit_codes[attempt] = -1
            self._kept.pop(attempt, None)
            self._report(attempt, Lost())

    def _start(self, attempt: Attempt) -> None:
        self._kept[attempt] = None
        self._ledger.start(self._clock.now, attempt.job_id, attempt.token)
        super()._start(attempt)

    def _report(self, attempt: Attempt, event: ProcessEvent) -> None:
        if isinstance(event, Exited):
            self._kept[attempt] = event
            ran_ms = round((event.at - attempt.started) * 1000)
            ended = Ended(event.exit_code, ran_ms)
            outcome = self.finished if event.by_itself else self.stopped
            outcome.append((attempt.job_id, attempt.token))
            self._ledger.end(attempt.job_id, attempt.token, ended)
        elif isinstance(event, Skipped):
            self._kept.pop(attempt, None)
        super()._report(attempt, event)
        self._waker.wake()

    def _outcome(self, claimed: ClaimedJob) -> tuple[float, int]:
        key = claimed.job.id or 0, claimed.token
        if key not in self._outcomes:
            self._outcomes[key] = self._behaves(claimed)
        return self._outcomes[key]


class MortalMachine(Machine):
    """A machine whose runner can be killed where it stands."""

    is_dead = False
    may_be_gone = False
    """That there is no such workflow is no fault."""
    on_sleep: Callable[[], None] = staticmethod(lambda: None)
    """Called each time its runner has nothing more to do."""

    def note_sleep(self) -> None:
        self.on_sleep()

    def go_on(self) -> None:
        super().go_on()
        if self.may_be_gone and isinstance(self.error, NotFoundError):
            self.error = None

    def kill(self) -> None:
        """End the runner: none of its handlers runs."""
        self.is_dead = self.is_over = True
        self.resume()
        if self._turns is not None:
            self._turns.close()


class Host:
    """One machine: a guard, and one runner after the other.

    Args:
        time: The time of all.
        ledger: What its jobs write.
        behaves: How long an attempt runs, and its exit code.
        slots: How many jobs at once.
        connect: Registers a runner, and calls back with its compute node and its link.
    """

    def __init__(
        self,
        time: Time,
        ledger: Ledger,
        behaves: Callable[[ClaimedJob], tuple[float, int]],
        slots: int,
        connect: Callable[[Machine, Callable[[int, Link], None]], None],
    ) -> None:
        self._time = time
        self._slots = slots
        self._connect = connect
        self.machine = MortalMachine(time)
        self.guard = Guard(time.clock, self.machine, ledger, behaves)
        self.link: Link | None = None
        self.nodes: list[int] = []
        self.is_gone = False
        self.may_be_gone = False
        """The workflow may be deleted: then runners end with that as their error."""
        self.links: list[Link] = []

    def start_runner(self) -> None:
        """Start a runner, which adopts what the one before it has left."""
        if self.is_gone:
            return
        self.machine = machine = MortalMachine(self._time)

        def registered(node_id: int, link: Link) -> None:
            if machine.is_dead or self.is_gone:
                return
            self._run(machine, node_id, link)

        self._connect(machine, registered)

    def _run(self, machine: MortalMachine, node_id: int, link: Link) -> None:
        adopted = self.guard.hand_over(machine)
        world = World(
            Resources(num_cpus=self._slots, memory_bytes=2**40),
            waker=machine,
            link=link,
            processes=self.guard,
            max_parallel_jobs=self._slots,
        )
        if self.nodes:
            world.loop._jobs.adopt(adopted, list(self.nodes))
        self.nodes.append(node_id)
        self.link = link
        self.links.append(link)
        machine.start(world.loop.turns(world.stops))
        machine.may_be_gone = self.may_be_gone
        self._time.machines.append(machine)

    @property
    def has_runner(self) -> bool:
        """Whether a runner runs here, and is not paused."""
        return self.link is not None and not self.machine.is_over and not self.machine.is_paused

    @property
    def has_reported(self) -> bool:
        """Whether its latest runner has left by itself, and no guard has died here."""
        return self.machine.is_over and not (self.machine.is_dead or self.guard.has_died)

    def kill_runner(self) -> None:
        """Kill the runner alone: its jobs go on."""
        if self.link is not None:
            self.link.close()
            self.link = None
            self.machine.kill()
        self.machine.is_dead = True

    def kill_guard(self) -> None:
        """Kill the guard with its jobs: the runner sees that they are gone."""
        self.guard.report_lost(self.guard.lose_processes())

    def kill(self) -> None:
        """Let the machine die: no runner will follow."""
        self.is_gone = True
        self.guard.lose_processes()
        self.kill_runner()

    def pause(self, length_s: float, *, with_jobs: bool) -> None:
        """Let nothing happen here for a while."""
        machine = self.machine
        machine.is_paused, machine.are_jobs_paused = True, with_jobs
        self._time.at(self._time.clock.now + length_s, machine.resume)


Fired = Counter[str]
"""How often each kind of fault has happened."""


def choose(chance: random.Random, hosts: list[Host]) -> Host | None:
    """Return one whose runner runs."""
    alive = [host for host in hosts if host.has_runner]
    return chance.choice(alive) if alive else None
