"""Why no ready job fits: what the nearest one needs that the node does not have. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from torc_core.resources import Capacity, Requirements
from torc_core.units import counted, format_bytes, format_seconds


def nearest_miss(candidates: Iterable[Requirements], free: Capacity) -> Requirements | None:
    """Return those that lack the fewest kinds of resource, and of those the least; or None."""
    return min(candidates, key=lambda needed: _distance(needed, free), default=None)


def describe_shortage(needed: Requirements, free: Capacity, *, is_one: bool = False) -> str:
    """Return all that jobs, or the only one, need and the node does not have.

    Such as "8 CPUs and 1 GPU each; this node has 4 CPUs free and 0 GPUs free".
    """
    shortages = _shortages(needed, free)
    amounts = " and ".join(one.needed for one in shortages)
    each = "" if is_one else " each"
    return f"{amounts}{each}; this node has {' and '.join(one.available for one in shortages)}"


class _Shortage(NamedTuple):
    """A kind of resource that a job needs too much of."""

    ratio: float
    """How many times as much as there is."""
    needed: str
    available: str


def _shortages(needed: Requirements, free: Capacity) -> list[_Shortage]:
    left = needed.runtime_s if free.seconds_left is None else free.seconds_left
    kinds: tuple[tuple[int, int, Callable[[int], str], str], ...] = (
        (needed.num_cpus, free.num_cpus, partial(counted, noun="CPU"), " free"),
        (needed.num_gpus, free.num_gpus, partial(counted, noun="GPU"), " free"),
        (needed.memory_bytes, free.memory_bytes, _memory, " free"),
        (needed.num_nodes, free.num_nodes, partial(counted, noun="node"), ""),
        (needed.runtime_s, left, format_seconds, " left"),
    )
    return [
        _Shortage(amount / max(available, 0.5), text(amount), text(available) + suffix)
        for amount, available, text, suffix in kinds
        if amount > available
    ]


def _distance(needed: Requirements, free: Capacity) -> tuple[int, float]:
    shortages = _shortages(needed, free)
    return len(shortages), sum(one.ratio for one in shortages)


def _memory(size: int) -> str:
    return f"{format_bytes(size)} of memory"
