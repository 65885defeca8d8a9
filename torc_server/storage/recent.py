"""Results of recent queries, shared by the connections of all threads."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


RUN_TIMES = "run_times"
"""Under this name, a connection that only reads knows how long the jobs of runs took."""


class Recent(Generic[KeyT, ValueT]):
    """Values by key; those that were stored longest ago are dropped first.

    So what belongs to deleted workflows disappears in time.

    Args:
        most: The limit for the sum of all sizes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = 0
        self._lock = threading.Lock()
        self._values: dict[KeyT, tuple[ValueT, int]] = {}

    def get(self, key: KeyT) -> ValueT | None:
        """Return what is kept under a key."""
        with self._lock:
            found = self._values.get(key)
        return None if found is None else found[0]

    def keep(self, key: KeyT, value: ValueT, size: int = 1) -> None:
        """Keep a value as the latest one; one that is larger than the limit is not kept."""
        with self._lock:
            if key in self._values:
                self._kept -= self._values.pop(key)[1]
            if size > self._most:
                return
            self._values[key] = value, size
            self._kept += size
            while self._kept > self._most:
                _, dropped = self._values.pop(next(iter(self._values)))
                self._kept -= dropped
