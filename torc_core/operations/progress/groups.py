"""Jobs that are alike, as groups: which there are, how far each is, what it waits for. Pure.

The jobs of a group have names that differ in their numbers alone, as those have that one entry of a
workflow file with parameters makes.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from torc_core.graph import Dependencies, Dependents, critical_path, levels
from torc_core.model.ids import JobGroupId, JobId
from torc_core.model.job import kind_name
from torc_core.model.status import SETTLED, JobStatus
from torc_core.operations.progress.runtimes import Recent
from torc_core.operations.reports.time_left import (
    Kind,
    TimeLeft,
    longest_stated,
    time_left,
)

WAITING = frozenset({JobStatus.READY, JobStatus.BLOCKED, JobStatus.PENDING})


@dataclass(frozen=True, slots=True)
class JobGraph:
    """The jobs of a workflow by place, in the order of their ids, and what does not change of them.

    Compact, as there may be a hundred thousand. Of more, only their groups are known, if the server
    counts them.
    """

    ids: Sequence[int]
    names: Sequence[str]
    requirements: Sequence[int]
    """The id of each job's requirements; 0 if it has none."""
    needs: Dependencies
    group_of: Sequence[int]
    """The number of each job's group."""
    groups: Sequence[JobGroup]
    """Those that others wait for come first."""
    total: int
    """How many jobs the workflow has; more than there are here if they are too many to read."""
    dependents: Dependents
    more_groups: int = 0
    """Groups that were not read, as there are too many of them."""

    @property
    def is_by_group(self) -> bool:
        """Whether the groups were counted by the server, and nothing is known of single jobs."""
        return self.total > 0 and not self.ids

    @property
    def is_partial(self) -> bool:
        """Whether the workflow has more jobs or groups."""
        return self.more_groups > 0 or (self.total > len(self.ids) > 0)


@dataclass(frozen=True, slots=True)
class JobGroup:
    """Jobs that are alike."""

    name: str
    """Of the job if it is alone; else with "#" for numbers."""
    members: Sequence[int]
    """Places of the jobs; none if only their number is known."""
    size: int
    after: tuple[int, ...] = ()
    """Numbers of the groups that it waits for."""
    group_id: JobGroupId | None = None
    first_job_id: JobId | None = None
    """The least id; both only if the server counted the jobs."""


@dataclass(frozen=True, slots=True)
class JobStates:
    """What changes of the jobs of a graph."""

    statuses: Sequence[JobStatus | None]
    attempts: Sequence[int]
    began: Mapping[int, float] = field(default_factory=dict)
    """When each running job began, by its place; seconds since 1970."""
    runtimes: Mapping[int, float] = field(default_factory=dict)
    """How long the completed jobs ran, in seconds, for the results that were read."""
    ended: Sequence[float] = ()
    """When attempts of this run ended, in ascending order, for the results that were read."""
    stated: Mapping[int, float | None] = field(default_factory=dict)
    """Runtimes that requirements state, in seconds, by their ids."""
    at_once: int = 0
    """The most jobs that have run together."""
    now: float = 0.0
    """When this was read."""
    recent: Recent | None = None
    """The attempts that this comes from, so that only newer ones are read the next time."""


def make_graph(
    ids: Sequence[int],
    names: Sequence[str],
    requirements: Sequence[int],
    needs: Dependencies,
    total: int,
) -> JobGraph:
    """Return jobs as a graph, with their groups in an order in which they can run."""
    numbers: dict[str, int] = {}
    first_of = array("l", (numbers.setdefault(kind_name(name), len(numbers)) for name in names))
    members = [array("l") for _ in numbers]
    for place, number in enumerate(first_of):
        members[number].append(place)
    after = _group_needs(first_of, needs, len(members))
    order = runnable_order(after)
    number_of = {before: now for now, before in enumerate(order)}
    folded = list(numbers)
    groups = [
        JobGroup(
            names[members[each][0]] if len(members[each]) == 1 else folded[each],
            members[each],
            len(members[each]),
            tuple(sorted(number_of[other] for other in after[each])),
        )
        for each in order
    ]
    return JobGraph(
        ids, names, requirements, needs, array("l", (number_of[each] for each in first_of)), groups,
        total, Dependents(needs),
    )  # fmt: skip


def _group_needs(group_of: Sequence[int], needs: Dependencies, number: int) -> list[set[int]]:
    """Return for each group the others that its jobs depend on; sets that jobs share count once."""
    known: dict[int, frozenset[int]] = {}
    seen: set[tuple[int, int]] = set()
    after: list[set[int]] = [set() for _ in range(number)]
    for group, needed in zip(group_of, needs, strict=True):
        key = (group, id(needed))
        if needed and key not in seen:
            seen.add(key)
            if id(needed) not in known:
                known[id(needed)] = frozenset(group_of[each] for each in needed)
            after[group] |= known[id(needed)] - {group}
    return after


def runnable_order(after: Sequence[set[int]]) -> list[int]:
    """Return groups so that each comes after those it waits for; groups may wait for each other."""
    level = levels([tuple(each) for each in after])
    last = len(after)
    return sorted(range(last), key=lambda each: (level[each] if level[each] >= 0 else last, each))


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """How far a group is."""

    counts: Mapping[str, int]
    """Jobs by status."""
    left: TimeLeft | None
    """How long it still takes, once it is its turn; None if that is not known, or it is over."""


def group_progress(graph: JobGraph, states: JobStates) -> list[GroupProgress]:
    """Return how far each group is."""
    kinds = kinds_of_groups(graph, states)
    return [
        _progress(Counter(states.statuses[place] for place in group.members), kind, states.at_once)
        for group, kind in zip(graph.groups, kinds, strict=True)
    ]


def _progress(counted: Counter[JobStatus | None], kind: Kind, at_once: int) -> GroupProgress:
    counts = {str(status or ""): number for status, number in counted.items()}
    return GroupProgress(counts, time_left([kind], at_once or 1, has_blocked=False))


def kinds_of_groups(graph: JobGraph, states: JobStates) -> list[Kind]:
    """Return for each group what is known of how long its jobs take."""
    return [_kind(graph, states, group.members) for group in graph.groups]


def _kind(graph: JobGraph, states: JobStates, members: Sequence[int]) -> Kind:
    waiting = 0
    elapsed: list[float] = []
    limits: set[float | None] = set()
    for place in members:
        status = states.statuses[place]
        if status is JobStatus.RUNNING:
            elapsed.append(max(0.0, states.now - states.began.get(place, states.now)))
        elif status in WAITING:
            waiting += 1
        else:
            continue
        limits.add(states.stated.get(graph.requirements[place]))
    return Kind(
        waiting=waiting,
        elapsed=tuple(elapsed),
        seen=tuple(states.runtimes[place] for place in members if place in states.runtimes),
        stated=longest_stated(limits),
    )


def total_time_left(graph: JobGraph, states: JobStates) -> TimeLeft | None:
    """Return how long all jobs still take; None if that is not known.

    The longest chain of jobs that wait for each other bounds it from both sides.
    """
    kinds = kinds_of_groups(graph, states)
    if graph.is_partial or any(
        kind.bounds is None for kind in kinds if kind.waiting or kind.elapsed
    ):
        return None
    ends = [_chain(graph, states, kinds, which) for which in (0, 1)]
    return time_left(kinds, states.at_once or 1, has_blocked=False, chain=(ends[0], ends[1]))


def _chain(graph: JobGraph, states: JobStates, kinds: Sequence[Kind], which: int) -> float:
    """Return how long the longest chain of jobs takes, at the least (0) or at the most (1)."""
    bounds = [kind.bounds or (0.0, 0.0) for kind in kinds]
    weights = []
    for place, status in enumerate(states.statuses):
        whole = bounds[graph.group_of[place]][which]
        if status is JobStatus.RUNNING:
            weights.append(max(0.0, whole - states.now + states.began.get(place, states.now)))
        else:
            weights.append(whole if status in WAITING else 0.0)
    return critical_path(graph.needs, weights)[0]


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """The chain of jobs that takes longest; of groups, where those are all that is known."""

    places: Sequence[int]
    seconds: float | None
    """How long it takes; None if that is not known of all its jobs, and it is the one with the most
    jobs."""


def longest_chain(graph: JobGraph, states: JobStates) -> CriticalPath:
    """Return the critical path: of what is left to do, or of all if nothing is.

    A job takes as long as it took, or as those of its group took on average, or else what its
    requirements state.
    """
    is_over = all(status in SETTLED for status in states.statuses)
    durations = [_duration(graph, states, group) for group in graph.groups]
    weights: list[float | None] = []
    for place, status in enumerate(states.statuses):
        known = states.runtimes.get(place, durations[graph.group_of[place]])
        weights.append(0.0 if status in SETTLED and not is_over else known)
    if None in weights:
        counted = [0.0 if status in SETTLED and not is_over else 1.0 for status in states.statuses]
        return CriticalPath(_weighing(critical_path(graph.needs, counted)[1], counted), None)
    exact = [each or 0.0 for each in weights]
    seconds, path = critical_path(graph.needs, exact)
    return CriticalPath(_weighing(path, exact), seconds)


def _weighing(path: Iterable[int], weights: Sequence[float]) -> list[int]:
    return [place for place in path if weights[place] > 0]


def _duration(graph: JobGraph, states: JobStates, group: JobGroup) -> float | None:
    seen = [states.runtimes[place] for place in group.members if place in states.runtimes]
    if seen:
        return sum(seen) / len(seen)
    return longest_stated({states.stated.get(graph.requirements[at]) for at in group.members})


def throughput(ended: Iterable[float], now: float, buckets: int, bucket_s: float) -> list[int]:
    """Return how many attempts ended in each of the last spans of time, the latest span last."""
    counts = [0] * buckets
    for moment in ended:
        at = buckets - 1 - int((now - moment) // bucket_s)
        if 0 <= at < buckets:
            counts[at] += 1
    return counts


class Overview(NamedTuple):
    """The jobs of a workflow at one moment, and what follows from them."""

    graph: JobGraph
    states: JobStates
    progress: Sequence[GroupProgress]
    """Of each group."""
    left: TimeLeft | None
    """How long all jobs still take; None if that is not known, or they are over."""
    path: CriticalPath
