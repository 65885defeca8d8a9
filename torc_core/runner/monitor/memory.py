"""How much memory a job uses, without counting twice what its processes share. Pure.

The sum of their resident sizes would: four processes forked from one of 1 GiB seem to use 5. The
proportional size (PSS) gives each its part of what is shared. It is dear to read, since the kernel
walks through all pages of the process (measured: 50 µs for a shell, 10 µs more per MiB) while that
process cannot map any. So it is read only when it may have changed, and as often as the budget
allows; where it may not be read, what is not shared at all counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from torc_core.runner.guard.membership import Process
from torc_core.runner.guard.procfs import PAGE

_CHANGE = 0.05
"""By which part of the whole it may be wrong before it is read again."""
_LEAST_CHANGE = 4 * 2**20
"""By how many bytes at least: shells and small tools come and go all the time."""
_PAUSE_S = 0.0005 / 2**20
"""Seconds per byte between two readings of a job near its limit: a fiftieth of a core is enough."""


class Budget:
    """Part of the time, to be spent on readings.

    A reading may cost more than is left; a pause follows it.

    Args:
        share: The part of one core.
        now: The present time, in seconds.
    """

    def __init__(self, share: float, now: float) -> None:
        self._share = share
        self._credit_s = self._most_s = share * 30
        self._earned = now

    def has_credit(self, now: float) -> bool:
        """Return whether something may be spent."""
        earned_s = self._share * (now - self._earned)
        self._credit_s, self._earned = min(self._credit_s + earned_s, self._most_s), now
        return self._credit_s > 0

    def spend(self, seconds: float) -> None:
        """Take note of the CPU time that a reading took."""
        self._credit_s -= seconds


class _Reading(NamedTuple):
    """What was read of a process, and how it was then."""

    process: Process
    proportional_bytes: int

    @property
    def shared_bytes(self) -> int:
        return max(self.process.resident_bytes - self.proportional_bytes, 0)

    def grown(self, now: Process) -> int:
        """Return by how many bytes the process has grown since, going by its size."""
        return max(now.resident_bytes - self.process.resident_bytes, 0)

    def copied(self, now: Process) -> int:
        """Return how many shared bytes it may have copied by now.

        What it shares is copied when it writes there: its resident size is the same then, but each
        page is a fault.
        """
        faulted = (now.faults - self.process.faults) * PAGE - self.grown(now)
        return min(max(faulted, 0), self.shared_bytes)

    def moved(self, now: Process) -> int:
        """Return by how many bytes the reading may be wrong."""
        return abs(now.resident_bytes - self.process.resident_bytes) + self.copied(now)


class JobMemory:
    """The memory of one job, from look to look.

    Args:
        read: Returns the proportional size of a process.
    """

    def __init__(self, read: Callable[[Process], int]) -> None:
        self._read = read
        self._readings: dict[int, _Reading] = {}
        """By pid."""
        self._shared_by_gone = 0
        """Bytes that processes shared which have exited since the latest reading."""
        self._read_at = -math.inf
        self._total = 0

    def measure(
        self,
        alive: Sequence[Process],
        now: float,
        *,
        may_read: Callable[[], bool],
        limit: int | None = None,
    ) -> int:
        """Return the bytes that these processes, all of a job, use together.

        Args:
            alive: Its processes, at least one.
            now: The present time, in seconds.
            may_read: Whether there is time to read what seems to have changed. Otherwise the
                memory stays as it was.
            limit: The bytes that it may use. What may use more is read in any case, so that no
                estimate says that it does.
        """
        self._forget_gone(alive)
        resident = sum(process.resident_bytes for process in alive)
        is_near = limit is not None and resident > limit
        if len(alive) == 1 and not is_near:
            self._total = resident
            return resident
        if limit is not None and self._may_exceed(alive, limit):
            if now - self._read_at >= resident * _PAUSE_S:
                self._total = self._read_again(alive, self._changed(alive, 0), now)
            return self._total
        estimate = self._estimate(alive)
        tolerance = _tolerance(estimate)
        changed = self._changed(alive, tolerance)
        if not changed and self._shared_by_gone <= tolerance:
            self._total = estimate
        elif may_read():
            self._total = self._read_again(alive, changed, now)
        elif not self._total:
            self._total = max(process.resident_bytes for process in alive)
        return self._total

    def _may_exceed(self, alive: Iterable[Process], limit: int) -> bool:
        """Return whether these processes may use more than their limit."""
        copied = sum(
            reading.copied(process)
            for process in alive
            if (reading := self._readings.get(process.pid)) is not None
        )
        return self._estimate(alive) + copied + self._shared_by_gone > limit

    def _forget_gone(self, alive: Collection[Process]) -> None:
        """Forget the readings of processes that have exited."""
        starts = {process.pid: process.start_ticks for process in alive}
        gone = [
            pid
            for pid, reading in self._readings.items()
            if starts.get(pid) != reading.process.start_ticks
        ]
        self._shared_by_gone += sum(self._readings.pop(pid).shared_bytes for pid in gone)

    def _changed(self, alive: Iterable[Process], tolerance: float) -> list[Process]:
        """Return what was not read yet, or has changed, if that makes such a difference."""
        unread, moved, unread_bytes, moved_bytes = [], [], 0, 0
        for process in alive:
            reading = self._readings.get(process.pid)
            if reading is None:
                unread.append(process)
                unread_bytes += process.resident_bytes
            elif reading.process != process and (difference := reading.moved(process)):
                moved.append(process)
                moved_bytes += difference
        return (unread if unread_bytes > tolerance else []) + (
            moved if moved_bytes > tolerance else []
        )

    def _read_again(self, alive: Iterable[Process], changed: Iterable[Process], now: float) -> int:
        """Read what has changed, and the others if it shares with them, or did; return the sum."""
        read = {process.pid for process in changed}
        shared_before = self._shared_by_gone + self._shared(read)
        for process in changed:
            self._add(process)
        if max(shared_before, self._shared(read)) > _tolerance(self._estimate(alive)):
            for process in alive:
                if process.pid not in read:
                    self._add(process)
        self._shared_by_gone = 0
        self._read_at = now
        return self._estimate(alive)

    def _shared(self, pids: Collection[int]) -> int:
        """Return the bytes that these processes shared with others when they were read."""
        return sum(reading.shared_bytes for pid, reading in self._readings.items() if pid in pids)

    def _add(self, process: Process) -> None:
        self._readings[process.pid] = _Reading(process, self._read(process))

    def _estimate(self, alive: Iterable[Process]) -> int:
        """Return the sum of all readings, and of what was added since."""
        total = 0
        for process in alive:
            reading = self._readings.get(process.pid)
            if reading is None:
                total += process.resident_bytes
            else:
                total += reading.proportional_bytes + reading.grown(process)
        return total


def _tolerance(total: int) -> float:
    """Return by how many bytes the memory of a job may be wrong before it is read again."""
    return max(_CHANGE * total, _LEAST_CHANGE)
