"""How much longer a workflow takes: only what is known, as a range where it varies.

What is known are the runtimes of jobs of this run, what the others state, and how many run at once.
Jobs whose names differ in their numbers alone count as alike. Where a kind of jobs has neither run
nor states a runtime, nothing is known of the whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from torc_core.client import TorcClient
from torc_core.diagnosis.observation import stated_by
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job, kind_name
from torc_core.model.status import JobStatus
from torc_core.moments import read_moment
from torc_core.units import format_seconds

MOST_JOBS = 2_000
"""With more jobs left nothing is said: to look at all of them would take too long."""
_LEFT = (JobStatus.READY, JobStatus.BLOCKED, JobStatus.PENDING, JobStatus.RUNNING)
_NEARLY = 1.2
"""Bounds whose ratio is less are one number."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs that are alike."""

    waiting: int = 0
    """Those that have not started."""
    elapsed: tuple[float, ...] = ()
    """How long each of those that run has run, in seconds."""
    seen: tuple[float, ...] = ()
    """Runtimes of those that completed in this run, in seconds."""
    stated: float | None = None
    """The longest runtime that those which are left state, in seconds; None if one states none."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The shortest and the longest runtime to be expected; None if that is not known."""
        longest_now = max(self.elapsed, default=0.0)
        if self.seen and longest_now <= max(self.seen):
            return min(self.seen), max(self.seen)
        # One that has run for longer than any before says that these are not alike.
        if self.stated is not None and longest_now <= self.stated:
            return min(self.seen, default=0.0), max((self.stated, *self.seen))
        return None


class TimeLeft(msgspec.Struct, frozen=True, kw_only=True):
    """A range in seconds."""

    least: float
    most: float | None
    """None if it is not known."""

    @property
    def words(self) -> str:
        """Such as "10m 00s left", "5m 00s to 10m 00s left" or "at least 5m 00s left"."""
        least = format_seconds(self.least)
        if self.most is None:
            return f"at least {least} left"
        most = format_seconds(self.most)
        if self.least <= 0:
            return f"at most {most} left"
        return f"{most} left" if self.most < _NEARLY * self.least else f"{least} to {most} left"


def time_left(
    kinds: Iterable[Kind],
    at_once: int,
    *,
    has_blocked: bool,
    chain: tuple[float, float] = (0.0, 0.0),
) -> TimeLeft | None:
    """Return how long jobs still take; None if that is not known. Pure.

    Args:
        kinds: All jobs that are left, and what is known of others like them.
        at_once: The most jobs that have run together.
        has_blocked: Some wait for others, and nothing says how long the longest chain of them is.
        chain: How long that chain takes, in seconds: at the least and at the most.
    """
    least = most = shortest_end = longest = 0.0
    left = 0
    for kind in kinds:
        number = kind.waiting + len(kind.elapsed)
        if not number:
            continue
        if (bounds := kind.bounds) is None:
            return None
        left += number
        low, high = bounds
        rest_low = [max(0.0, low - each) for each in kind.elapsed]
        rest_high = [max(0.0, high - each) for each in kind.elapsed]
        least += kind.waiting * low + sum(rest_low)
        most += kind.waiting * high + sum(rest_high)
        shortest_end = max(shortest_end, low if kind.waiting else 0.0, *rest_low, 0.0)
        longest = max(longest, high if kind.waiting else 0.0, *rest_high, 0.0)
    if not left or at_once < 1:
        return None
    at_once = min(at_once, left)
    low_end = max(least / at_once, shortest_end, chain[0])
    longest = max(longest, chain[1])
    if has_blocked:
        return TimeLeft(least=low_end, most=None) if low_end > 0 else None
    # However jobs follow each other, the last one starts when all places are taken at the latest.
    high_end = most / at_once + longest * (1 - 1 / at_once)
    return TimeLeft(least=low_end, most=high_end)


def kinds_of(
    jobs: Iterable[Job],
    runtimes: Mapping[str, Sequence[float]],
    stated: Mapping[int, float | None],
    now: float,
) -> list[Kind]:
    """Return jobs that are left by kind. Pure.

    Args:
        jobs: Those that are left.
        runtimes: Of completed jobs of this run, in seconds, by what `kind_name` makes of a name.
        stated: Runtimes that requirements state, by their ids.
        now: Seconds since 1970.
    """
    waiting: Counter[str] = Counter()
    elapsed: defaultdict[str, list[float]] = defaultdict(list)
    limits: defaultdict[str, list[float | None]] = defaultdict(list)
    for job in jobs:
        name = kind_name(job.name)
        limits[name].append(stated.get(job.resource_requirements_id or 0))
        if job.status == JobStatus.RUNNING:
            began = read_moment(job.start_time)
            elapsed[name].append(0.0 if began is None else max(0.0, now - began))
        else:
            waiting[name] += 1
    return [
        Kind(
            waiting=waiting[name],
            elapsed=tuple(elapsed[name]),
            seen=tuple(runtimes.get(name, ())),
            stated=longest_stated(of_kind),
        )
        for name, of_kind in limits.items()
    ]


def longest_stated(runtimes: Collection[float | None]) -> float | None:
    """Return the longest of the runtimes that jobs state; None if one states none."""
    return None if None in runtimes else max(filter(None, runtimes), default=None)


def look_at_time_left(
    client: TorcClient, workflow_id: WorkflowId, run_id: int, at_once: int, now: float
) -> TimeLeft | None:
    """Return how much longer a workflow takes, if that is known.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: Its present run.
        at_once: The most jobs that have run together.
        now: Seconds since 1970.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    statuses = ",".join(_LEFT)
    jobs = client.list_jobs(workflow_id, status=statuses, limit=MOST_JOBS)
    if jobs.total_count > MOST_JOBS:
        return None
    results = client.list_results(
        workflow_id, run_id=run_id, status=JobStatus.COMPLETED, limit=MOST_JOBS,
        sort_by="id", reverse_sort=True,
    )  # fmt: skip
    runtimes: defaultdict[str, list[float]] = defaultdict(list)
    for result in results.items:
        if result.job_name is not None:
            runtimes[kind_name(result.job_name)].append(result.exec_time_minutes * 60)
    requirements = client.list_resource_requirements(workflow_id, limit=MOST_JOBS).items
    stated = {each.id or 0: stated_by(each).runtime_s for each in requirements}
    return time_left(
        kinds_of(jobs.items, runtimes, stated, now),
        at_once,
        has_blocked=any(job.status == JobStatus.BLOCKED for job in jobs.items),
    )
