"""Counts of values by size, as Prometheus keeps them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds for what should take milliseconds."""


class Histogram:
    """How many values there were up to each bound, and their sum.

    prometheus-client has one too, but takes 0.1 s to import, which a server that is started for a
    single run would pay for nothing. It is written by one thread; others may read it.
    """

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        """The sum of all values."""

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def buckets(self) -> Iterator[tuple[str, float]]:
        """Yield each bound, and how many values are not above it."""
        names = [*map(str, self._bounds), "+Inf"]
        return zip(names, accumulate(self._counts), strict=True)
