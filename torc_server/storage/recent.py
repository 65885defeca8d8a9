"""What was found in the database lately, for the connections of all threads; the oldest goes."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


RUN_TIMES = "run_times"
"""Under this name, a connection that only reads knows how long the jobs of runs took."""


class Recent(Generic[KeyT, ValueT]):
    """Values by key, of which those that were not kept again for the longest are dropped.

    So what is of deleted workflows goes in time.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: dict[KeyT, ValueT] = {}

    def get(self, key: KeyT) -> ValueT | None:
        """Return what is kept under a key."""
        with self._lock:
            return self._values.get(key)

    def keep(self, key: KeyT, value: ValueT) -> None:
        """Keep a value, as the latest."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = value
            if len(self._values) > self._most:
                del self._values[next(iter(self._values))]
