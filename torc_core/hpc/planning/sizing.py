"""How many jobs an allocation runs, how long it lasts, and how many of them there are.

An allocation runs jobs side by side, as many as its nodes hold, and one round after the other, as
many as there is time for: the time asked for, less that for the start of its worker and the buffer
in which a runner starts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec

from torc_core.config.hpc import Partition
from torc_core.hpc.planning.options import PlanOptions, WalltimeStrategy
from torc_core.hpc.profiles.needs import MEGABYTE
from torc_core.model.execution import WORKER_START_S
from torc_core.resources import Requirements

_MINUTE = 60
"""Slurm keeps time limits in minutes."""
_DAY = 86_400
WORKER_MB = 256
"""What a worker and its guard need of the memory of an allocation: Slurm counts them too."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs with the same requirements."""

    needs: Requirements
    count: int


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What the allocations of one scheduler have in common."""

    partition: Partition
    nodes: int
    """Of an allocation."""
    most_nodes: int | None
    """That an allocation may have; None for no limit."""
    one_worker_per_node: bool
    walltime_s: int
    usable_s: int
    """The walltime less the start of the worker and the buffer."""

    def at_once(self, needs: Requirements) -> int:
        """Return how many jobs an allocation runs side by side."""
        if needs.num_nodes > 1:
            return max(1, self.nodes // needs.num_nodes)
        return at_once_on_node(self.partition, needs) * self.workers

    def rounds(self, needs: Requirements) -> int:
        """Return how often jobs of the full runtime follow each other in an allocation."""
        return max(1, self.usable_s // max(1, needs.runtime_s))

    @property
    def workers(self) -> int:
        """How many of its nodes run jobs of one node."""
        return self.nodes if self.one_worker_per_node else 1


def lost_s(buffer_s: int) -> int:
    """Return how much of its walltime no job of an allocation can use."""
    return WORKER_START_S + buffer_s


def make_shape(
    partition: Partition, needs: Requirements, options: PlanOptions, buffer_s: int
) -> Shape:
    """Return the allocations for jobs that need no more than this."""
    walltime_s = _walltime_s(partition, needs.runtime_s, options, buffer_s)
    nodes = max(needs.num_nodes, partition.min_nodes or 1)
    return Shape(
        partition=partition,
        nodes=nodes,
        most_nodes=partition.most_nodes(needs.num_gpus),
        one_worker_per_node=nodes > 1 and needs.num_nodes == 1,
        walltime_s=walltime_s,
        usable_s=walltime_s - lost_s(buffer_s),
    )


def widened(shape: Shape, allocations: int) -> Shape:
    """Return one allocation in place of several, as wide as the partition lets it be."""
    nodes = shape.nodes * allocations
    most = shape.most_nodes or nodes
    nodes = max(shape.nodes, min(nodes, most) // shape.nodes * shape.nodes)
    is_shared_out = shape.one_worker_per_node or (shape.nodes == 1 and nodes > 1)
    return msgspec.structs.replace(shape, nodes=nodes, one_worker_per_node=is_shared_out)


def at_once_on_node(partition: Partition, needs: Requirements) -> int:
    """Return how many jobs a node holds, at least one."""
    limits = [partition.cpus_per_node // needs.num_cpus]
    memory_mb = _megabytes(needs.memory_bytes)
    if memory_mb and partition.memory_mb is not None:
        limits.append(partition.memory_mb // memory_mb)
    if needs.num_gpus:
        limits.append((partition.gpus_per_node or 0) // needs.num_gpus)
    return max(1, min(limits))


def allocations_for(shape: Shape, loads: Iterable[Load]) -> int:
    """Return how many allocations run all jobs, at least one.

    Jobs of different sizes share allocations: each takes its part of one.
    """
    parts = (
        Fraction(load.count, shape.at_once(load.needs) * shape.rounds(load.needs)) for load in loads
    )
    return max(1, math.ceil(sum(parts, Fraction())))


class NodeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask for of each node."""

    memory_mb: int | None
    """None where it is not known what nodes have."""
    num_gpus: int
    num_cpus: int | None
    """None: the whole node, whether it is asked for or not."""


def node_request(shape: Shape, stages: Iterable[tuple[Sequence[Load], int]]) -> NodeRequest:
    """Return what to ask for of each node, so that it holds its part of the jobs.

    A node that is shared with others is asked for what the jobs need that run there side by side; a
    node that belongs to one allocation is asked for whole.

    Args:
        shape: The allocations.
        stages: The jobs that are there at the same time, and the allocations that are for them.
    """
    partition = shape.partition
    each = [_side_by_side(shape, loads, allocations) for loads, allocations in stages]
    gpus = min(
        max(sum(load.count * load.needs.num_gpus for load in loads) for loads in each),
        partition.gpus_per_node or 0,
    )
    if not partition.shared:
        return NodeRequest(memory_mb=partition.memory_mb, num_gpus=gpus, num_cpus=None)
    cpus = max(sum(load.count * load.needs.num_cpus for load in loads) for loads in each)
    needed_mb = WORKER_MB + max(
        sum(load.count * _megabytes(load.needs.memory_bytes) for load in loads) for loads in each
    )
    return NodeRequest(
        memory_mb=None if partition.memory_mb is None else min(needed_mb, partition.memory_mb),
        num_gpus=gpus,
        num_cpus=min(cpus, partition.cpus_per_node),
    )


def _side_by_side(shape: Shape, loads: Iterable[Load], allocations: int) -> list[Load]:
    """Return of each load the jobs that one node runs at once."""
    found = []
    for load in loads:
        count = 1  # jobs of several nodes have each of them to themselves
        if load.needs.num_nodes == 1:
            turns = shape.workers * allocations * shape.rounds(load.needs)
            count = min(at_once_on_node(shape.partition, load.needs), -(-load.count // turns))
        found.append(Load(needs=load.needs, count=count))
    return found


def format_walltime(seconds: int) -> str:
    """Return a time in Slurm's notation: "04:00:00", or "2-12:00:00" from a day on."""
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, 3_600)
    text = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{days}-{text}" if days else text


def format_memory(memory_mb: int) -> str:
    """Return a size as Slurm reads it, such as "64G" or "240000M"."""
    return f"{memory_mb}M" if memory_mb % 1024 else f"{memory_mb // 1024}G"


def _walltime_s(partition: Partition, runtime_s: int, options: PlanOptions, buffer_s: int) -> int:
    most = partition.max_walltime_secs
    if options.walltime_strategy is WalltimeStrategy.MAX_PARTITION_TIME:
        return most
    wanted = math.ceil(runtime_s * options.walltime_multiplier) + lost_s(buffer_s)
    return min(most, -(-wanted // _MINUTE) * _MINUTE)


def _megabytes(size: int) -> int:
    return -(-size // MEGABYTE)
