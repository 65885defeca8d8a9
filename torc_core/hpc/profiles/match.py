"""Which partition suits a job, and why the others do not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from torc_core.config.hpc import Partition
from torc_core.hpc.profiles.needs import Needs
from torc_core.units import counted


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """What a search for a partition has found."""

    best: Partition | None
    """None if no partition fits."""
    fitting: tuple[Partition, ...]
    """All that fit, the best one first."""
    rejected: tuple[tuple[Partition, tuple[str, ...]], ...]
    """Those that do not fit, each with all that is against it."""
    second_to: tuple[tuple[Partition, str], ...]
    """Those that fit but are not the best one, each with what speaks against it."""
    why: str
    """Why it is the best one, or what every partition lacks; a sentence."""


class _Criterion(NamedTuple):
    """One thing by which partitions that fit are compared; the lower value is better."""

    value: Callable[[Partition, Needs], int]
    is_worse: str
    """What is said of a partition with the higher value."""


def _is_debug(partition: Partition, _needs: Needs) -> int:
    return "debug" in partition.name.lower()


def _is_too_shared(partition: Partition, needs: Needs) -> int:
    """Return 0 for a shared node if the job is small, else for one of its own.

    Small is at most a quarter of the node, as in the reference: 26 of 104 CPUs, 60 of 240 GB.
    """
    is_small = needs.num_nodes == 1 and all(
        whole is None or 4 * part <= whole
        for part, whole in (
            (needs.num_cpus, partition.cpus_per_node),
            (needs.memory_mb, partition.memory_mb),
            (needs.num_gpus, partition.gpus_per_node or 0),
        )
    )
    return partition.shared != is_small


def _unneeded_gpus(partition: Partition, needs: Needs) -> int:
    """Return 1 if some nodes have GPUs that the job does not need, 2 if all have them."""
    if needs.num_gpus or not partition.gpus_per_node:
        return 0
    return 2 if partition.gpu_nodes is None else 1


_CRITERIA = (
    _Criterion(_is_debug, "is for debugging"),
    _Criterion(lambda each, _: each.requires_explicit_request, "has to be asked for by name"),
    _Criterion(
        lambda each, needs: (each.min_nodes or 1) > needs.num_nodes,
        "gives more nodes than are needed",
    ),
    _Criterion(_unneeded_gpus, "has GPUs, which are not needed"),
    _Criterion(lambda each, _: each.gpus_per_node or 0, "has more GPUs per node"),
    _Criterion(lambda each, _: each.memory_mb is None, "has nodes of unknown memory"),
    _Criterion(lambda each, _: each.memory_mb or 0, "has more memory per node"),
    _Criterion(lambda each, _: each.cpus_per_node, "has more CPUs per node"),
    _Criterion(_is_too_shared, "shares nodes less suitably"),
    _Criterion(lambda each, _: each.max_walltime_secs, "has a longer limit"),
)
"""In the order of their weight. The nodes of all that fit are large enough, so the fewer CPUs, GPUs
and bytes they have, the more exact is the fit."""


def match(partitions: Sequence[Partition], needs: Needs) -> Match:
    """Return the partition that suits a job best, and what is against each of the others.

    A partition fits that has the CPUs, memory and GPUs on a node, the nodes and the time; where it
    has a minimum of nodes, an allocation is larger than the job. The best one is not for debugging,
    need not be asked for by name, gives no more nodes, has no GPUs that the job does not need,
    fits most exactly, shares its nodes if the job takes a quarter of one or less and does not
    otherwise, and has the shortest limit; the first of these that differs decides, at last the
    order of the partitions.

    Args:
        partitions: Those of a profile.
        needs: What the job needs.
    """
    reasons = [(each, tuple(_misfits(each, needs))) for each in partitions]
    fitting = sorted(
        (each for each, against in reasons if not against),
        key=lambda each: [criterion.value(each, needs) for criterion in _CRITERIA],
    )
    best = fitting[0] if fitting else None
    second_to = tuple((each, _against(each, fitting[0], needs)) for each in fitting[1:])
    return Match(
        best=best,
        fitting=tuple(fitting),
        rejected=tuple((each, against) for each, against in reasons if against),
        second_to=second_to,
        why=_why(best, second_to, len(partitions)),
    )


def _misfits(partition: Partition, needs: Needs) -> Iterator[str]:
    """Yield why a job does not fit a partition, with both numbers."""
    gpus = partition.gpus_per_node or 0
    if needs.num_cpus > partition.cpus_per_node:
        yield f"{counted(partition.cpus_per_node, 'CPU')} per node, {needs.num_cpus:,} needed"
    if partition.memory_mb is not None and needs.memory_mb > partition.memory_mb:
        yield f"{partition.memory_mb:,} MB per node, {needs.memory_mb:,} MB needed"
    if needs.num_gpus > gpus:
        has = counted(gpus, "GPU") if gpus else "no GPUs"
        yield f"{has} per node, {needs.num_gpus:,} needed"
    if needs.runtime_s > partition.max_walltime_secs:
        limit = format_limit(partition.max_walltime_secs)
        yield f"{limit} at most, {format_limit(needs.runtime_s)} needed"
    most, num_nodes = partition.most_nodes(needs.num_gpus), needs.num_nodes
    if needs.num_gpus and gpus:
        num_nodes = max(num_nodes, partition.min_nodes or 1)
    if most is not None and num_nodes > most:
        kind = "" if most == partition.max_nodes else " with GPUs"
        yield f"{counted(most, 'node')}{kind} at most, {num_nodes:,} needed"


def _against(partition: Partition, best: Partition, needs: Needs) -> str:
    """Return what makes a partition worse than the best one."""
    for criterion in _CRITERIA:
        if criterion.value(partition, needs) != criterion.value(best, needs):
            return criterion.is_worse
    return "comes later in the profile"


def _why(best: Partition | None, second_to: Sequence[tuple[Partition, str]], number: int) -> str:
    if best is None:
        return f"None of the {number:,} partitions fits." if number > 1 else "No partition fits."
    if second_to:
        other, against = second_to[0]
        return f"{best.name} is the best one: the next, {other.name}, {against}."
    return f"Only {best.name} fits."


def format_limit(seconds: int) -> str:
    """Return a limit of time: "48h" as the reference's tables have it, else "1h 30m"."""
    hours, rest = divmod(seconds, 3_600)
    if rest == 0:
        return f"{hours:,}h"
    minutes, second = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (second, "s"))
    return " ".join(f"{number:,}{unit}" for number, unit in parts if number)
