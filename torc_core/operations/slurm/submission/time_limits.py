"""Walltimes beyond the limit of their partition, which Slurm may let wait for ever. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from torc_core.hpc.profiles.cluster import partition_fields
from torc_core.spec.fields import walltime_seconds
from torc_core.spec.problems import shown
from torc_core.units import counted, format_seconds


class TimeAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What a scheduler asks for."""

    scheduler: str
    partitions: tuple[str, ...]
    """Of these Slurm chooses one; none is for the cluster's default partition."""
    walltime: str


class BeyondLimit(msgspec.Struct, frozen=True, kw_only=True):
    """Schedulers whose allocations are longer than their partition allows."""

    schedulers: tuple[str, ...]
    partition: str
    limit_s: int
    """Of the partition."""

    @property
    def sentence(self) -> str:
        """What it says."""
        first, *others = self.schedulers
        of_others = f" and of {counted(len(others), 'other scheduler')}" if others else ""
        return (
            f'The walltime of "{shown(first)}"{of_others} is longer than the partition '
            f"{shown(self.partition)} allows, {format_seconds(self.limit_s)}: unless a QOS allows "
            "more, such allocations wait for ever (PartitionTimeLimit). Lower the walltime, or "
            "name another partition."
        )


def limits_of(partitions: str) -> dict[str, int]:
    """Return the limits of partitions in seconds, by name; those without a limit are left out.

    Args:
        partitions: What `scontrol show partition` prints.
    """
    limits = {
        fields["PartitionName"]: walltime_seconds(fields.get("MaxTime", ""))
        for fields in partition_fields(partitions)
    }
    return {name: limit_s for name, limit_s in limits.items() if limit_s}


def default_partition(partitions: str) -> str | None:
    """Return the partition of requests that name none."""
    names = (
        fields["PartitionName"]
        for fields in partition_fields(partitions)
        if fields.get("Default") == "YES"
    )
    return next(names, None)


def beyond_limits(
    asked: Iterable[TimeAsked], limits: Mapping[str, int], default: str | None
) -> tuple[BeyondLimit, ...]:
    """Return the schedulers that ask for more time than any of their partitions allows.

    Args:
        asked: What schedulers ask for.
        limits: The limits of partitions in seconds; partitions without one are missing.
        default: The partition of those that name none; None if that is not known.
    """
    found: dict[str, list[str]] = {}
    for each in asked:
        wanted_s = walltime_seconds(each.walltime) or 0
        names = each.partitions or _known(default)
        if names and all(wanted_s > limits.get(name, wanted_s) for name in names):
            longest = max(names, key=lambda name: limits[name])
            found.setdefault(longest, []).append(each.scheduler)
    return tuple(
        BeyondLimit(schedulers=tuple(schedulers), partition=name, limit_s=limits[name])
        for name, schedulers in found.items()
    )


def _known(default: str | None) -> tuple[str, ...]:
    return () if default is None else (default,)
