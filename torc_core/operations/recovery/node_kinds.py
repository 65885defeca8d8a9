"""The kinds of nodes on which jobs can run again, and the most that they leave for a job. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from torc_core.config.hpc import Partition
from torc_core.host.machine import Machine
from torc_core.hpc.planning.sizing import lost_s
from torc_core.hpc.profiles.needs import MEGABYTE
from torc_core.hpc.profiles.profile import Profile
from torc_core.model.resources import ResourceRequirements
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.server.node import offered_resources
from torc_core.units import format_bytes, format_seconds, parse_duration, parse_memory


class NodeKind(msgspec.Struct, frozen=True, kw_only=True):
    """What a node has, of a partition or by itself; None where there is no limit or none known."""

    name: str
    """In a sentence, such as "the partition standard"."""
    num_cpus: int
    num_gpus: int = 0
    num_nodes: int | None = None
    """The most at once."""
    memory_bytes: int | None = None
    runtime_s: int | None = None
    """The longest that a job may run."""

    def has(self, needs: ResourceRequirements) -> bool:
        """Return whether there are the CPUs, GPUs and nodes that jobs need."""
        return (
            needs.num_cpus <= self.num_cpus
            and needs.num_gpus <= self.num_gpus
            and (self.num_nodes is None or needs.num_nodes <= self.num_nodes)
        )

    def share(self, needs: ResourceRequirements) -> float:
        """Return which part of a node a job takes, 1 at most."""
        parts = [
            needs.num_cpus / max(self.num_cpus, 1),
            needs.num_gpus / self.num_gpus if self.num_gpus else 0.0,
            parse_memory(needs.memory) / self.memory_bytes if self.memory_bytes else 0.0,
        ]
        return 1.0 if needs.num_nodes > 1 else min(1.0, max(parts))


class Cap(msgspec.Struct, frozen=True):
    """The most that requirements may become, and what sets it."""

    amount: int
    """Bytes or seconds; -1 if no node fits at all."""
    set_by: str
    """A part of a sentence."""


def of_profile(profile: Profile, buffer_s: int) -> tuple[NodeKind, ...]:
    """Return the nodes of a cluster.

    Args:
        profile: The cluster's.
        buffer_s: How long before the end of its allocation a worker stops its jobs.
    """
    return tuple(
        NodeKind(
            name=f"the partition {each.name}",
            num_cpus=each.cpus_per_node,
            num_gpus=num_gpus,
            num_nodes=each.most_nodes(num_gpus),
            memory_bytes=None if each.memory_mb is None else each.memory_mb * MEGABYTE,
            runtime_s=max(0, each.max_walltime_secs - lost_s(buffer_s)),
        )
        for each in profile.partitions
        for num_gpus in _gpus_of_nodes(each)
    )


def _gpus_of_nodes(partition: Partition) -> tuple[int, ...]:
    """Return the GPUs of each kind of its nodes."""
    gpus = partition.gpus_per_node or 0
    return (gpus,) if partition.gpu_nodes is None else (0, gpus)


def of_machine(machine: Machine, options: RunnerOptions) -> tuple[NodeKind, ...]:
    """Return the machine at hand, as a run with these options uses it."""
    if options.max_parallel_jobs is not None:  # then requirements do not count
        return ()
    offered = offered_resources(options, machine)
    return (
        NodeKind(
            name="this machine",
            num_cpus=offered.num_cpus,
            num_gpus=offered.num_gpus,
            num_nodes=offered.num_nodes,
            memory_bytes=offered.memory_bytes,
        ),
    )


def memory_cap(
    needs: ResourceRequirements, nodes: Sequence[NodeKind], most: int | None
) -> Cap | None:
    """Return the most memory that jobs may state, everything else being equal; None for no limit.

    Args:
        needs: Their requirements.
        nodes: Where they can run; none if that is not known.
        most: The user's limit.
    """
    runtime_s = parse_duration(needs.runtime)
    fitting = [
        each
        for each in nodes
        if each.has(needs) and (each.runtime_s is None or runtime_s <= each.runtime_s)
    ]
    limits = [(each.memory_bytes, each.name) for each in fitting]
    return _cap(nodes, limits, (most, "--max-memory"), format_bytes)


def runtime_cap(
    needs: ResourceRequirements, nodes: Sequence[NodeKind], most: int | None
) -> Cap | None:
    """Return the longest runtime that jobs may state, everything else being equal."""
    memory_bytes = parse_memory(needs.memory)
    fitting = [
        each
        for each in nodes
        if each.has(needs) and (each.memory_bytes is None or memory_bytes <= each.memory_bytes)
    ]
    limits = [(each.runtime_s, each.name) for each in fitting]
    return _cap(nodes, limits, (most, "--max-runtime"), format_seconds)


def _cap(
    nodes: Sequence[NodeKind],
    limits: Sequence[tuple[int | None, str]],
    most: tuple[int | None, str],
    write: Callable[[float], str],
) -> Cap | None:
    """Return the limit of the largest node, or the user's if that is less.

    Args:
        nodes: All kinds that are known.
        limits: Of those that have what else is required, None for no limit.
        most: What the user allows, and the option that says so.
        write: Writes an amount for people.
    """
    if nodes and not limits:
        return Cap(-1, "no node has what else is required")
    caps = []
    allowed, option = most
    if allowed is not None:
        caps.append(Cap(allowed, f"{option} allows {write(allowed)}"))
    known = [(amount, name) for amount, name in limits if amount is not None]
    if known and len(known) == len(limits):
        amount, name = max(known)
        caps.append(Cap(amount, f"{name} allows {write(amount)}"))
    return min(caps, key=lambda cap: cap.amount, default=None)
