"""Which partition of a profile suits a job, in the reference's shape and with reasons."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from torc_core.config.hpc import Partition
from torc_core.hpc.profiles.match import Match, match
from torc_core.hpc.profiles.needs import Needs
from torc_core.hpc.profiles.profile import Profile


class MatchRequirements(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a partition."""

    cpus: int
    memory_mb: int
    walltime_secs: int
    gpus: int | None
    nodes: int


class JudgedPartition(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a partition that is not the best one."""

    name: str
    fits: bool
    reasons: tuple[str, ...]
    """All that it lacks, or why another one that fits is better."""


class PartitionMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The partitions of a profile, as they suit a job."""

    profile: str
    requirements: MatchRequirements
    matching_partitions: tuple[Partition, ...]
    """The best one first."""
    best_partition: Partition | None
    reason: str
    """Why that is the best one, or that none fits."""
    other_partitions: tuple[JudgedPartition, ...]
    """All but the best one, in the order of the profile."""


def match_partitions(profile: Profile, needs: Needs) -> PartitionMatch:
    """Return which partition of a profile suits a job, and what is against each of the others."""
    found = match(profile.partitions, needs)
    judged = {each.name: each for each in _judged(found)}
    return PartitionMatch(
        profile=profile.name,
        requirements=MatchRequirements(
            cpus=needs.num_cpus,
            memory_mb=needs.memory_mb,
            walltime_secs=needs.runtime_s,
            gpus=needs.num_gpus or None,
            nodes=needs.num_nodes,
        ),
        matching_partitions=found.fitting,
        best_partition=found.best,
        reason=found.why,
        other_partitions=tuple(
            judged[each.name] for each in profile.partitions if each.name in judged
        ),
    )


def _judged(found: Match) -> Iterator[JudgedPartition]:
    for each, reasons in found.rejected:
        yield JudgedPartition(name=each.name, fits=False, reasons=reasons)
    for each, reason in found.second_to:
        yield JudgedPartition(name=each.name, fits=True, reasons=(reason,))
