"""Which jobs share a scheduler, and in which partition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from torc_core.config.hpc import Partition
from torc_core.errors import UsageError
from torc_core.hpc.planning.entries import PlanEntry
from torc_core.hpc.planning.options import GroupBy
from torc_core.hpc.planning.sizing import lost_s
from torc_core.hpc.profiles.match import Match, match
from torc_core.hpc.profiles.needs import Needs
from torc_core.hpc.profiles.profile import Profile
from torc_core.model.execution import WORKER_START_S
from torc_core.resources import Requirements
from torc_core.spec.problems import shown
from torc_core.units import counted, format_bytes, format_seconds

_NAMED = 5


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs that share a scheduler."""

    name: str
    """What they have in common: requirements, or a partition."""
    is_deferred: bool = False
    """It has a twin of the same name whose jobs wait for nothing."""
    partition: Partition
    why: str
    """Why this partition, a sentence."""
    members: tuple[int, ...]
    """Positions of entries."""


def make_groups(
    entries: Sequence[PlanEntry],
    requirements: Mapping[str, Requirements],
    profile: Profile,
    group_by: GroupBy,
    buffer_s: int,
) -> list[Group]:
    """Return the groups in the order of their first entries.

    Raises:
        UsageError: Jobs have no requirements, or such that no partition has; all are named.
    """
    _check_stated(entries)
    choices = _choose(entries, requirements, profile, group_by, buffer_s)
    members: dict[tuple[str, bool], list[int]] = {}
    for position, entry in enumerate(entries):
        key = (
            (choices[entry.entry, entry.requirements][0].name, False)
            if group_by is GroupBy.PARTITION
            else (str(entry.requirements), entry.has_dependencies)
        )
        members.setdefault(key, []).append(position)
    found = []
    for (name, is_deferred), positions in members.items():
        first = entries[positions[0]]
        partition, why = choices[first.entry, first.requirements]
        found.append(
            Group(
                name=name,
                is_deferred=is_deferred,
                partition=partition,
                why=why,
                members=tuple(positions),
            )
        )
    return found


def _check_stated(entries: Sequence[PlanEntry]) -> None:
    """Refuse jobs without requirements: nothing says which nodes are large enough."""
    names = list(dict.fromkeys(entry.name for entry in entries if entry.requirements is None))
    if not names:
        return
    listed = ", ".join(f'"{shown(name)}"' for name in names[:_NAMED])
    if len(names) > _NAMED:
        listed += f" and {len(names) - _NAMED:,} more"
    number = f"{len(names):,} jobs have" if len(names) > 1 else "1 job has"
    raise UsageError(
        f"{number} no resource requirements: {listed}.",
        hint="Give each job resource_requirements: its CPUs, memory and runtime decide which "
        "nodes are requested.",
    )


def _choose(
    entries: Sequence[PlanEntry],
    requirements: Mapping[str, Requirements],
    profile: Profile,
    group_by: GroupBy,
    buffer_s: int,
) -> dict[tuple[int, str | None], tuple[Partition, str]]:
    """Return the partition for each entry of the file and its requirements, and why.

    Where jobs are grouped by partition, all jobs of an entry share one.
    """
    together: dict[int, Requirements] = {}
    if group_by is GroupBy.PARTITION:
        for entry in entries:
            needed = requirements[str(entry.requirements)]
            together[entry.entry] = larger(together.get(entry.entry, needed), needed)
    known: dict[Requirements, Match] = {}
    chosen = {}
    refused: dict[str, Requirements] = {}
    for entry in entries:
        needed = together.get(entry.entry, requirements[str(entry.requirements)])
        if needed not in known:
            known[needed] = match(profile.partitions, _needs(needed, buffer_s))
        found = known[needed]
        if found.best is None:
            refused[str(entry.requirements)] = needed
        else:
            chosen[entry.entry, entry.requirements] = found.best, found.why
    if refused:
        faults = (
            _refusal(name, needed, known[needed], buffer_s) for name, needed in refused.items()
        )
        raise UsageError(
            f"No partition of {profile.display_name} is large enough.\n" + "\n".join(faults),
            hint="Lower the requirements, or choose another profile: torc hpc match says which "
            "partitions fit.",
        )
    return chosen


def larger(one: Requirements, other: Requirements) -> Requirements:
    """Return the larger one of each requirement."""
    return Requirements(
        num_cpus=max(one.num_cpus, other.num_cpus),
        memory_bytes=max(one.memory_bytes, other.memory_bytes),
        num_gpus=max(one.num_gpus, other.num_gpus),
        num_nodes=max(one.num_nodes, other.num_nodes),
        runtime_s=max(one.runtime_s, other.runtime_s),
    )


def _needs(needed: Requirements, buffer_s: int) -> Needs:
    return Needs(
        num_cpus=needed.num_cpus,
        memory_bytes=needed.memory_bytes,
        num_gpus=needed.num_gpus,
        num_nodes=needed.num_nodes,
        runtime_s=needed.runtime_s + lost_s(buffer_s),
    )


def _refusal(name: str, needed: Requirements, found: Match, buffer_s: int) -> str:
    """Return what a job needs, and what each partition lacks of it."""
    lacks = (f"    {partition.name}: {', '.join(against)}" for partition, against in found.rejected)
    return "\n".join([f'  "{shown(name)}" needs {", ".join(_stated(needed, buffer_s))}:', *lacks])


def _stated(needed: Requirements, buffer_s: int) -> Iterator[str]:
    if needed.num_nodes > 1:
        yield f"{counted(needed.num_nodes, 'node')}, each with"
    yield counted(needed.num_cpus, "CPU")
    yield format_bytes(needed.memory_bytes)
    if needed.num_gpus:
        yield counted(needed.num_gpus, "GPU")
    yield (
        f"{format_seconds(needed.runtime_s)}, besides {format_seconds(WORKER_START_S)} for the "
        f"start of the worker and {format_seconds(buffer_s)} before the end of the allocation"
    )
