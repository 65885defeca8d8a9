"""What a node has and a job needs, and when the two fit. Pure.

Server and runner decide by the same rules: the server which jobs a node may claim, the runner
which of them may start.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class GpuKind(StrEnum):
    """Whose GPUs a node has: the makers name them in different variables."""

    NVIDIA = "nvidia"
    AMD = "amd"


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts of each kind of resource."""

    num_cpus: int = 0
    memory_bytes: int = 0
    num_gpus: int = 0
    num_nodes: int = 0

    def __add__(self, other: Resources) -> Resources:
        return Resources(
            num_cpus=self.num_cpus + other.num_cpus,
            memory_bytes=self.memory_bytes + other.memory_bytes,
            num_gpus=self.num_gpus + other.num_gpus,
            num_nodes=self.num_nodes + other.num_nodes,
        )

    def __sub__(self, other: Resources) -> Resources:
        return Resources(
            num_cpus=self.num_cpus - other.num_cpus,
            memory_bytes=self.memory_bytes - other.memory_bytes,
            num_gpus=self.num_gpus - other.num_gpus,
            num_nodes=self.num_nodes - other.num_nodes,
        )

    def covers(self, needed: Resources) -> bool:
        """Return whether `needed` is within this, in every kind."""
        return (
            needed.num_cpus <= self.num_cpus
            and needed.memory_bytes <= self.memory_bytes
            and needed.num_gpus <= self.num_gpus
            and needed.num_nodes <= self.num_nodes
        )


class Requirements(Resources, frozen=True, kw_only=True):
    """What a job needs."""

    runtime_s: int = 0

    @classmethod
    def stated(
        cls, *, num_cpus: int, memory_bytes: int, num_gpus: int, num_nodes: int, runtime_s: int
    ) -> Requirements:
        """Return what a job needs whose requirements are stated so.

        Clients may state zero of everything; a job still takes a CPU and a node.
        """
        return cls(
            num_cpus=max(num_cpus, 1),
            memory_bytes=memory_bytes,
            num_gpus=num_gpus,
            num_nodes=max(num_nodes, 1),
            runtime_s=runtime_s,
        )


class Capacity(Resources, frozen=True, kw_only=True):
    """What a node has free, and for how long."""

    seconds_left: int | None = None
    """None: no time limit."""

    def fits(self, job: Requirements) -> bool:
        """Return whether a job may start now, and complete in time."""
        return self.covers(job) and (
            self.seconds_left is None or job.runtime_s <= self.seconds_left
        )

    def without(self, job: Requirements) -> Capacity:
        """Return what is left beside a job."""
        return Capacity(
            num_cpus=self.num_cpus - job.num_cpus,
            memory_bytes=self.memory_bytes - job.memory_bytes,
            num_gpus=self.num_gpus - job.num_gpus,
            num_nodes=self.num_nodes - exclusive_nodes(job.num_nodes),
            seconds_left=self.seconds_left,
        )


def exclusive_nodes(num_nodes: int) -> int:
    """Return how many nodes a job takes: jobs of one node share it, wider ones share none."""
    return num_nodes if num_nodes > 1 else 0
