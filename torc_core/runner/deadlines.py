"""What falls due when. Pure: the clock is an argument."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Deadlines(Generic[K]):
    """At most one moment per key, in seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._when: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = 0

    def __contains__(self, key: K) -> bool:
        return key in self._when

    def set(self, key: K, when: float) -> None:
        """Let `key` fall due at `when`, in place of its earlier moment."""
        self._when[key] = when
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, key))

    def set_earlier(self, key: K, when: float) -> None:
        """Let `key` fall due at `when`, unless it does so earlier anyway."""
        if when < self._when.get(key, float("inf")):
            self.set(key, when)

    def clear(self, key: K) -> None:
        """Forget `key`; nothing happens when it is not there."""
        self._when.pop(key, None)

    def pop_due(self, now: float) -> list[K]:
        """Take out and return the keys whose moment has come, earliest first."""
        due: list[K] = []
        while self._heap and self._heap[0][0] <= now:
            when, _, key = heapq.heappop(self._heap)
            if self._when.get(key) == when:
                del self._when[key]
                due.append(key)
        return due

    def wait(self, now: float) -> float | None:
        """Return the seconds until something falls due, or None when nothing will."""
        while self._heap and self._when.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return max(self._heap[0][0] - now, 0.0) if self._heap else None
