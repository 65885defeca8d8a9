"""Several runners in one simulated time, which run in turn, each from sleep to sleep."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from core.runner.simulated import SimulatedClock, SimulatedWaker

from torc_core.runner.loop import Turns


class Machine(SimulatedWaker):
    """A machine on the time of all, where one runner runs from sleep to sleep.

    Args:
        time: The time of all.
    """

    def __init__(self, time: Time) -> None:
        super().__init__(time.clock)
        self._time = time
        self._until = 0.0
        self._is_due = True
        self._turns: Turns | None = None
        self._has_begun = False
        self._late: list[Callable[[], None]] = []
        self.is_over = False
        self.error: Exception | None = None
        self.is_paused = False
        self.are_jobs_paused = False

    def start(self, turns: Turns) -> None:
        """Run a loop, which yields how long it sleeps and is sent what is readable then."""
        self._turns = turns

    @property
    def wakes_at(self) -> float:
        """When it goes on if nothing happens before."""
        if self.is_paused or self.is_over:
            return float("inf")
        return self.clock.now if self._is_due else self._until

    def go_on(self) -> None:
        """Let the loop run until it sleeps with nothing to handle, or is over."""
        assert self._turns is not None
        self._is_due = False
        try:
            while True:
                if self._has_begun:
                    ready, self._ready = self._ready, []
                    delay_s = self._turns.send(ready)
                else:
                    self._has_begun, delay_s = True, next(self._turns)
                self._until = float("inf") if delay_s is None else self.clock.now + delay_s
                self.note_sleep()
                if not self._ready:
                    return
        except StopIteration:
            self.is_over = True
        except Exception as error:  # noqa: BLE001 - the time of all raises it
            self.error = error
            self.is_over = True

    def note_sleep(self) -> None:
        """Called each time the loop has nothing more to do."""

    def resume(self) -> None:
        """End a pause: what was to happen meanwhile to jobs that stood still happens now."""
        self.is_paused = self.are_jobs_paused = False
        late, self._late = self._late, []
        for event in late:
            event()
        self._is_due = True

    def poke(self) -> None:
        """Let the program look what has happened."""
        self._is_due = True

    # ---- what its runner sees

    def at(self, when: float, event: Callable[[], None]) -> None:
        def happen() -> None:
            if self.are_jobs_paused:
                self._late.append(happen)
            else:
                event()
                self._is_due = True

        self._time.at(when, happen)

    def wake(self) -> None:
        self._is_due = True


class Time:
    """What happens when, on all machines."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.machines: list[Machine] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, when: float, event: Callable[[], None]) -> None:
        """Let something happen at a moment."""
        self._count += 1
        heapq.heappush(self._events, (when, self._count, event))

    def run(self) -> None:
        """Let everything happen until all programs are over."""
        while not all(machine.is_over for machine in self.machines):
            self.step()

    def step(self) -> None:
        """Let the next thing happen.

        Raises:
            Exception: What a program has failed with.
        """
        first, wakes_at = None, float("inf")
        for machine in self.machines:
            if not machine.is_over and (at := machine.wakes_at) < wakes_at:
                first, wakes_at = machine, at
        next_at = self._events[0][0] if self._events else float("inf")
        now = min(wakes_at, next_at)
        assert now < float("inf"), "nothing will ever happen again"
        self.clock.now = max(self.clock.now, now)
        if first is None or wakes_at > next_at:
            heapq.heappop(self._events)[2]()
            return
        first.go_on()
        if first.error is not None:
            raise first.error
