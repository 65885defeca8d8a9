"""The samples of a job, in figures and in few points. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from operator import mul
from typing import NamedTuple

from torc_core.model.ids import JobId


class Scale(NamedTuple):
    """How the values of a metric are shown."""

    title: str
    """With the unit, such as "Memory (GiB)"."""
    unit: float = 1.0
    """What one unit is in the database."""


class Metric(NamedTuple):
    """Something that is measured of a job."""

    name: str
    """Its part of the names of files."""
    place: int
    """Which of the values of a part it is."""
    scales: tuple[Scale, ...]
    """By ascending units."""

    def scale_for(self, highest: float) -> Scale:
        """Return the scale on which the highest value is at least 1, if there is one."""
        fitting = [scale for scale in self.scales if scale.unit <= highest]
        return fitting[-1] if fitting else self.scales[0]


CPU = Metric("cpu", 0, (Scale("CPU (%)"),))
MEMORY = Metric(
    "memory",
    1,
    (
        Scale("Memory (MiB)", 2**20),
        Scale("Memory (GiB)", 2**30),
        Scale("Memory (TiB)", 2**40),
    ),
)
PROCESSES = Metric("processes", 2, (Scale("Processes"),))
METRICS = (CPU, MEMORY, PROCESSES)


class Part(NamedTuple):
    """The samples of a job in one database, in the order of time; at least one."""

    times: Sequence[float]
    """Seconds since 1970."""
    values: Sequence[Sequence[float]]
    """CPU in percent of one core, memory in bytes, number of processes; each at every time."""


class JobUsage(NamedTuple):
    """What a job used."""

    job_id: JobId
    name: str
    parts: list[Part]
    """One for each database in which the job is, in the order of time. Between two of them it did
    not run, or nothing is known."""

    @property
    def label(self) -> str:
        """What names the job and no other one, even if it is cut."""
        return f"{self.job_id}: {self.name}"


class Figures(NamedTuple):
    """A metric of a job in two numbers, as in the database."""

    peak: float
    mean: float
    """Over the time that was sampled."""


Points = list[tuple[float, float]]
"""Times and values."""


def figures_of(usage: JobUsage, metric: Metric) -> Figures:
    """Return the peak and the mean of a metric.

    In the mean each sample counts for the time since the one before it, as that is what CPU usage
    is measured over.
    """
    columns = [part.values[metric.place] for part in usage.parts]
    spans = [[after - before for before, after in pairwise(part.times)] for part in usage.parts]
    seconds = sum(map(sum, spans))
    if seconds > 0:
        weighted = (
            sum(map(mul, span, islice(column, 1, None)))
            for span, column in zip(spans, columns, strict=True)
        )
        mean = sum(weighted) / seconds
    else:
        mean = sum(map(sum, columns)) / sum(map(len, columns))
    return Figures(max(map(max, columns)), mean)


def points_of(usage: JobUsage, metric: Metric, most: int) -> list[Points]:
    """Return a metric over time, one list for each part of the usage.

    Args:
        usage: A job.
        metric: What of it.
        most: How many points to return at most, if that is at least two for each part.
    """
    share = most // len(usage.parts)
    return [
        thin(list(zip(part.times, part.values[metric.place], strict=True)), share)
        for part in usage.parts
    ]


def thin(points: Points, most: int) -> Points:
    """Return some of the points, such that a line through them looks like one through all.

    The points are divided into groups of neighbors, and the lowest and the highest of each
    stay: no peak is lost. So do the first and the last of all.

    Args:
        points: In the order of time.
        most: How many of them to return at most; two are always returned.
    """
    if len(points) <= max(most, 2):
        return points
    first, *inner, last = points
    return [first, *_extremes(inner, (most - 2) // 2), last]


def _extremes(points: Points, groups: int) -> Iterator[tuple[float, float]]:
    """Yield the lowest and the highest point of each group."""
    values = [value for _, value in points]
    for group in range(groups):
        start, end = (len(points) * edge // groups for edge in (group, group + 1))
        places = range(start, end)
        if places:
            lowest = min(places, key=values.__getitem__)
            highest = max(places, key=values.__getitem__)
            for place in sorted({lowest, highest}):
                yield points[place]
