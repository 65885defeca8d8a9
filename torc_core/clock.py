"""Time: a clock as an argument, and wall-clock time in the forms of the wire."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """Where a part of the program learns the time, so that a simulator can supply it."""

    def monotonic(self) -> float:
        """Return seconds that never go back: for deadlines and durations."""

    def wall_ms(self) -> int:
        """Return milliseconds since 1970: for display and records, never for deadlines."""


class SystemClock:
    """The clock of this machine."""

    # Read several times per job, so without a function of our own in between.
    monotonic = staticmethod(time.monotonic)

    def wall_ms(self) -> int:
        """See `Clock`."""
        return time.time_ns() // 1_000_000


def now_ms() -> int:
    """Return milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def utc_text(moment_ms: int) -> str:
    """Return a moment as the reference writes it: UTC, ISO 8601 with milliseconds and Z."""
    second, ms = divmod(moment_ms, 1000)
    return f"{_second_text(second)}.{ms:03d}Z"


@lru_cache(maxsize=64)
def _second_text(second: int) -> str:
    """Return a second of UTC as text; many moments in a row are of the same."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def utc_now() -> str:
    """Return the present moment as the reference writes it."""
    return utc_text(now_ms())
