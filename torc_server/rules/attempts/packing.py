"""Which ready jobs a node may claim: a pure decision over groups of jobs that need the same.

Order: higher priority first, then the sort method, then the smaller id. A job that does not fit
is skipped, and its group with it: resources only shrink while packing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from torc_core.errors import UsageError
from torc_core.model.workflow import SortMethod
from torc_core.resources import Capacity, Requirements


class Candidate(Protocol):
    """What orders a ready job among others."""

    @property
    def id(self) -> int: ...  # noqa: D102 - the job's id
    @property
    def priority(self) -> int: ...  # noqa: D102 - the job's priority


J = TypeVar("J", bound=Candidate)


@dataclass(slots=True)
class Group(Generic[J]):
    """Ready jobs with the same requirements."""

    requirements: Requirements
    jobs: Iterator[J]
    """By falling priority, then by id; read only until no more jobs are taken."""


SortKey = Callable[[Requirements], tuple[int, ...]]

_SORT_KEYS: Mapping[SortMethod, SortKey] = {
    SortMethod.NONE: lambda _: (),
    SortMethod.GPUS_RUNTIME_MEMORY: lambda r: (-r.num_gpus, -r.runtime_s, -r.memory_bytes),
    SortMethod.GPUS_MEMORY_RUNTIME: lambda r: (-r.num_gpus, -r.memory_bytes, -r.runtime_s),
}


def sort_method_of(name: str, *, field: str) -> SortMethod:
    """Return the sort method that a field of a request names.

    Raises:
        UsageError: There is no such method.
    """
    try:
        return SortMethod(name)
    except ValueError:
        raise UsageError(
            f"There is no sort method {name!r}.",
            hint=f"Use one of {', '.join(SortMethod)}.",
            field=field,
            value=name,
        ) from None


@dataclass(order=True, slots=True)
class _Next(Generic[J]):
    """The next job of a group, in its place among those of all groups."""

    rank: tuple[int, tuple[int, ...], int]
    job: J = field(compare=False)
    group: Group[J] = field(compare=False)


def pack(
    groups: Iterable[Group[J]],
    free: Capacity | None,
    limit: int,
    *,
    sort_method: SortMethod = SortMethod.NONE,
    prefetch: int = 0,
    node: Capacity | None = None,
) -> list[J]:
    """Choose jobs.

    Args:
        groups: What is ready.
        free: What is free; None: requirements do not matter.
        limit: The most jobs to run now.
        sort_method: What comes first among jobs of one priority.
        prefetch: The most further jobs, which wait at the runner for a free slot: each fits into
            the whole `node`.
        node: The whole node; needed with `prefetch`.

    Returns:
        Jobs to run now, then jobs to prefetch.
    """
    key = _SORT_KEYS[sort_method]
    heap = [entry for group in groups if (entry := _next(group, key))]
    heapq.heapify(heap)
    chosen: list[J] = []
    skipped: list[_Next[J]] = []
    while heap and len(chosen) < limit:
        entry = heapq.heappop(heap)
        requirements = entry.group.requirements
        if free is not None:
            if not free.fits(requirements):
                skipped.append(entry)
                continue
            free = free.without(requirements)
        chosen.append(entry.job)
        _push_next(heap, entry.group, key)
    if not prefetch:
        return chosen
    heap = [e for e in (*heap, *skipped) if node is None or node.fits(e.group.requirements)]
    heapq.heapify(heap)
    limit = len(chosen) + prefetch
    while heap and len(chosen) < limit:
        entry = heapq.heappop(heap)
        chosen.append(entry.job)
        _push_next(heap, entry.group, key)
    return chosen


def _next(group: Group[J], key: SortKey) -> _Next[J] | None:
    job = next(group.jobs, None)
    if job is None:
        return None
    return _Next((-job.priority, key(group.requirements), job.id), job, group)


def _push_next(heap: list[_Next[J]], group: Group[J], key: SortKey) -> None:
    entry = _next(group, key)
    if entry is not None:
        heapq.heappush(heap, entry)
