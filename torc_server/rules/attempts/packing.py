"""Which ready jobs a runner gets: a pure decision over groups of jobs that need the same.

Order: higher priority first, then the sort method, then the smaller id. A job that does not fit
is passed over, and its group with it: resources only shrink while packing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, NamedTuple, Protocol, TypeVar

from torc_core.errors import UsageError
from torc_core.units import format_bytes, format_seconds


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a node has free."""

    num_cpus: int
    memory_bytes: int
    num_gpus: int
    num_nodes: int
    seconds_left: int | None = None
    """None: no time limit."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a job needs."""

    num_cpus: int
    memory_bytes: int
    num_gpus: int
    num_nodes: int
    runtime_s: int


class Candidate(Protocol):
    """A ready job, as far as its order matters."""

    @property
    def id(self) -> int: ...  # noqa: D102 - the job's id
    @property
    def priority(self) -> int: ...  # noqa: D102 - the job's priority


J = TypeVar("J", bound=Candidate)


@dataclass(slots=True)
class Group(Generic[J]):
    """Ready jobs that need the same."""

    need: Need
    jobs: Iterator[J]
    """By falling priority, then by id; read only as far as jobs are taken."""


SORT_METHODS: Mapping[str, Callable[[Need], tuple[int, ...]]] = {
    "none": lambda _: (),
    "gpus_runtime_memory": lambda need: (-need.num_gpus, -need.runtime_s, -need.memory_bytes),
    "gpus_memory_runtime": lambda need: (-need.num_gpus, -need.memory_bytes, -need.runtime_s),
}


def check_sort_method(method: str, *, field: str) -> None:
    """Check the name of a sort method, which stands in a field of the request.

    Raises:
        UsageError: There is no such method.
    """
    if method not in SORT_METHODS:
        raise UsageError(
            f"There is no sort method {method!r}.",
            hint=f"Use one of {', '.join(SORT_METHODS)}.",
            field=field,
            value=method,
        )


@dataclass(order=True, slots=True)
class _Next(Generic[J]):
    """The next job of a group, in its place among those of all groups."""

    rank: tuple[int, tuple[int, ...], int]
    job: J = field(compare=False)
    group: Group[J] = field(compare=False)


def fits(need: Need, free: Capacity) -> bool:
    """Return whether a job may start now."""
    return (
        need.num_cpus <= free.num_cpus
        and need.memory_bytes <= free.memory_bytes
        and need.num_gpus <= free.num_gpus
        and need.num_nodes <= free.num_nodes
        and (free.seconds_left is None or need.runtime_s <= free.seconds_left)
    )


def without(free: Capacity, need: Need) -> Capacity:
    """Return what is left beside a job. Jobs of one node share nodes; others take theirs alone."""
    return replace(
        free,
        num_cpus=free.num_cpus - need.num_cpus,
        memory_bytes=free.memory_bytes - need.memory_bytes,
        num_gpus=free.num_gpus - need.num_gpus,
        num_nodes=free.num_nodes - (need.num_nodes if need.num_nodes > 1 else 0),
    )


def pack(
    groups: Iterable[Group[J]],
    free: Capacity | None,
    limit: int,
    *,
    sort_method: str = "none",
    ahead: int = 0,
    node: Capacity | None = None,
) -> list[J]:
    """Choose jobs.

    Args:
        groups: What is ready.
        free: What is free; None takes jobs whatever they need.
        limit: The most jobs to run now.
        sort_method: One of `SORT_METHODS`.
        ahead: The most further jobs, which wait at the runner for their turn: each fits into the
            whole `node`.
        node: The whole node; needed with `ahead`.

    Returns:
        Jobs to run now, then jobs to keep waiting.
    """
    key = SORT_METHODS[sort_method]
    heap = [entry for group in groups if (entry := _next(group, key))]
    heapq.heapify(heap)
    taken: list[J] = []
    passed_over: list[_Next[J]] = []
    while heap and len(taken) < limit:
        entry = heapq.heappop(heap)
        if free is not None and not fits(entry.group.need, free):
            passed_over.append(entry)
            continue
        free = without(free, entry.group.need) if free is not None else None
        taken.append(entry.job)
        _push_next(heap, entry.group, key)
    if not ahead:
        return taken
    heap = [e for e in (*heap, *passed_over) if node is None or fits(e.group.need, node)]
    heapq.heapify(heap)
    limit = len(taken) + ahead
    while heap and len(taken) < limit:
        entry = heapq.heappop(heap)
        taken.append(entry.job)
        _push_next(heap, entry.group, key)
    return taken


def nearest_miss(needs: Iterable[Need], free: Capacity) -> Need | None:
    """Return the need that lacks the fewest kinds of resource, and of those the least; or None."""
    return min(needs, key=lambda need: _distance(need, free), default=None)


def describe_miss(need: Need, free: Capacity) -> str:
    """Return all that jobs need and the node has not.

    Such as "8 CPUs and 1 GPU each; this node has 4 CPUs free and 0 GPUs free".
    """
    lacks = _lacks(need, free)
    wanted = " and ".join(lack.wanted for lack in lacks)
    return f"{wanted} each; this node has {' and '.join(lack.have for lack in lacks)}"


class _Lack(NamedTuple):
    """One kind of resource of which a job needs too much."""

    times: float
    """How many times as much as there is."""
    wanted: str
    have: str


def _lacks(need: Need, free: Capacity) -> list[_Lack]:
    left = need.runtime_s if free.seconds_left is None else free.seconds_left
    kinds: tuple[tuple[int, int, Callable[[int], str], str], ...] = (
        (need.num_cpus, free.num_cpus, partial(_plural, noun="CPU"), " free"),
        (need.num_gpus, free.num_gpus, partial(_plural, noun="GPU"), " free"),
        (need.memory_bytes, free.memory_bytes, _memory, " free"),
        (need.num_nodes, free.num_nodes, partial(_plural, noun="node"), ""),
        (need.runtime_s, left, format_seconds, " left"),
    )
    return [
        _Lack(wanted / max(have, 0.5), say(wanted), say(have) + word)
        for wanted, have, say, word in kinds
        if wanted > have
    ]


def _distance(need: Need, free: Capacity) -> tuple[int, float]:
    lacks = _lacks(need, free)
    return len(lacks), sum(lack.times for lack in lacks)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("s" if count != 1 else "")


def _memory(size: int) -> str:
    return f"{format_bytes(size)} of memory"


def _next(group: Group[J], key: Callable[[Need], tuple[int, ...]]) -> _Next[J] | None:
    job = next(group.jobs, None)
    if job is None:
        return None
    return _Next((-job.priority, key(group.need), job.id), job, group)


def _push_next(
    heap: list[_Next[J]], group: Group[J], key: Callable[[Need], tuple[int, ...]]
) -> None:
    entry = _next(group, key)
    if entry is not None:
        heapq.heappush(heap, entry)
