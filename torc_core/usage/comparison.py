"""Jobs beside each other: those with the highest peaks, however many there are. Pure."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from torc_core.model.ids import JobId
from torc_core.units import counted
from torc_core.usage.series import Figures, JobUsage, Metric, Points, figures_of, points_of


class ComparedJob(NamedTuple):
    """One job in a comparison."""

    job_id: JobId
    label: str
    figures: Figures
    parts: list[Points]


class Comparison:
    """The jobs with the highest peaks of a metric, found while all jobs pass by.

    Args:
        metric: The metric.
        most_jobs: How many jobs are kept.
        most_points: How many points each of them keeps.
    """

    def __init__(self, metric: Metric, most_jobs: int, most_points: int) -> None:
        self.metric = metric
        self.num_seen = 0
        self._most_jobs = most_jobs
        self._most_points = most_points
        self._kept: list[tuple[float, int, ComparedJob]] = []
        """A heap: the lowest peak first, the later one of two jobs with the same."""

    def add(self, usage: JobUsage) -> None:
        """Look at one job more."""
        self.num_seen += 1
        figures = figures_of(usage, self.metric)
        rank = (figures.peak, -usage.job_id)
        if len(self._kept) == self._most_jobs:
            if rank < self._kept[0][:2]:
                return
            heappop(self._kept)
        points = points_of(usage, self.metric, self._most_points)
        job = ComparedJob(usage.job_id, usage.label, figures, points)
        heappush(self._kept, (*rank, job))

    @property
    def jobs(self) -> list[ComparedJob]:
        """The jobs that are kept, by their ids."""
        return sorted(job for _, _, job in self._kept)

    @property
    def peak(self) -> float:
        """The highest value of all, as in the database."""
        return max((peak for peak, _, _ in self._kept), default=0.0)

    @property
    def title(self) -> str:
        """Which jobs these are."""
        if self.num_seen == len(self._kept):
            return counted(self.num_seen, "job")
        return f"{len(self._kept):,} of {self.num_seen:,} jobs, those with the highest peaks"
