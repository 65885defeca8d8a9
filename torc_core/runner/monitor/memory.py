"""How much memory a job uses, without counting twice what its processes share.

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

from torc_core.runner.process.membership import Process

_CHANGE = 0.05
"""By which part of the whole it may be wrong before it is read again."""
_COPIES_S = 10.0
"""After how long what is shared is read again, as each process may have written to its part by now:
it then has a copy of its own, and its resident size is the same."""
_COPIES_NEAR_LIMIT_S = 1.0
_PAUSE_S = 0.0005 / 2**20
"""But not within so many seconds per byte: a fiftieth of a core is enough for one job."""


class Budget:
    """Part of the time, to be spent on readings.

    One that costs more than there is, is made all the same; there is a pause after it.

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
    start_ticks: int
    resident_bytes: int
    proportional_bytes: int

    @property
    def shared_bytes(self) -> int:
        return max(self.resident_bytes - self.proportional_bytes, 0)


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
            limit: The bytes that it may use. If it may use more, it is read in any case.
        """
        self._forget_gone(alive)
        resident = sum(process.resident_bytes for process in alive)
        is_near = limit is not None and resident > limit
        if len(alive) == 1 and not is_near:
            self._total = resident
            return resident
        estimate = self._estimate(alive)
        pause_s = _COPIES_NEAR_LIMIT_S if is_near else _COPIES_S
        may_have_copied = self._shared() > _CHANGE * estimate and now - self._read_at >= max(
            pause_s, resident * _PAUSE_S
        )
        changed = list(alive) if may_have_copied else self._changed(alive, _CHANGE)
        if not changed and self._shared_by_gone <= _CHANGE * estimate:
            self._total = estimate
        elif is_near or may_read():
            self._read_again(alive, changed, now)
            self._total = self._estimate(alive)
        elif not self._total:
            self._total = max(process.resident_bytes for process in alive)
        if limit is not None and self._estimate(alive) > limit:
            self._read_again(alive, self._changed(alive, 0.0), now)
            self._total = self._estimate(alive)
        return self._total

    def _forget_gone(self, alive: Collection[Process]) -> None:
        """Forget the readings of processes that have exited."""
        starts = {process.pid: process.start_ticks for process in alive}
        gone = [pid for pid, each in self._readings.items() if starts.get(pid) != each.start_ticks]
        self._shared_by_gone += sum(self._readings.pop(pid).shared_bytes for pid in gone)

    def _changed(self, alive: Iterable[Process], part: float) -> list[Process]:
        """Return the processes whose size differs from that at their reading by more than a part.

        Those without a reading count only if they matter together.
        """
        unread = [process for process in alive if process.pid not in self._readings]
        if sum(process.resident_bytes for process in unread) <= part * self._total:
            unread = []
        return unread + [
            process
            for process in alive
            if (reading := self._readings.get(process.pid)) is not None
            and abs(process.resident_bytes - reading.resident_bytes) > part * reading.resident_bytes
        ]

    def _read_again(self, alive: Iterable[Process], changed: Iterable[Process], now: float) -> None:
        """Read what has changed; and the others, if it shares with them, or did."""
        read = {process.pid for process in changed}
        shared = self._shared_by_gone + self._shared(read)
        for process in changed:
            self._add(process)
        if max(shared, self._shared(read)) > _CHANGE * self._estimate(alive):
            for process in alive:
                if process.pid not in read:
                    self._add(process)
        self._shared_by_gone = 0
        self._read_at = now

    def _shared(self, pids: Collection[int] | None = None) -> int:
        """Return the bytes that processes (of all that were read) share with any others."""
        return sum(
            reading.shared_bytes
            for pid, reading in self._readings.items()
            if pids is None or pid in pids
        )

    def _add(self, process: Process) -> None:
        self._readings[process.pid] = _Reading(
            process.start_ticks, process.resident_bytes, self._read(process)
        )

    def _estimate(self, alive: Iterable[Process]) -> int:
        """Return the sum of all readings, and of what has been added since."""
        total = 0
        for process in alive:
            reading = self._readings.get(process.pid)
            if reading is None:
                total += process.resident_bytes
            else:
                grown = max(process.resident_bytes - reading.resident_bytes, 0)
                total += reading.proportional_bytes + grown
        return total
