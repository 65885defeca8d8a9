"""The tables of HPC systems: their partitions, and what differs from the built-in profiles."""

from __future__ import annotations

from typing import Annotated

import msgspec

from torc_core.config.bounds import COUNT, POSITIVE_COUNT, Assignment, Bounds
from torc_core.config.keys import Key

_MEGABYTES = Bounds(1, 2**30)
_WALLTIME = Bounds(1, 365 * 86_400)


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """One partition of an HPC system."""

    name: Annotated[str, Key("Its name in Slurm.", example="compute")]
    cpus_per_node: Annotated[int, Key("CPUs of a node.", POSITIVE_COUNT, example=64)]
    memory_mb: Annotated[
        int | None,
        Key(
            "Memory of a node, in MB.",
            _MEGABYTES,
            example=256_000,
            unset="not known, and not asked for",
        ),
    ] = None
    max_walltime_secs: Annotated[
        int, Key("The longest time of an allocation, in seconds.", _WALLTIME, example=172_800)
    ]
    gpus_per_node: Annotated[
        int | None, Key("GPUs of a node.", COUNT, example=4, unset="no GPUs")
    ] = None
    gpu_nodes: Annotated[
        int | None,
        Key("How many nodes have GPUs, if not all do.", POSITIVE_COUNT, example=8, unset="all"),
    ] = None
    gpu_type: Annotated[
        str | None, Key("Their type, as Slurm's GRES names it.", example="H100")
    ] = None
    gpu_memory_gb: Annotated[
        int | None, Key("Memory of a GPU, in GB.", POSITIVE_COUNT, example=80, unset="not known")
    ] = None
    local_disk_gb: Annotated[
        int | None,
        Key("The local disk of a node, in GB.", COUNT, example=1_600, unset="not known"),
    ] = None
    shared: Annotated[bool, Key("Whether several jobs may share a node.")] = False
    min_nodes: Annotated[
        int | None,
        Key("The fewest nodes to request.", POSITIVE_COUNT, example=16, unset="one node"),
    ] = None
    max_nodes: Annotated[
        int | None,
        Key("The most nodes of an allocation.", POSITIVE_COUNT, example=64, unset="no limit"),
    ] = None
    max_nodes_per_user: Annotated[
        int | None,
        Key("The most nodes of a user at once.", POSITIVE_COUNT, example=128, unset="no limit"),
    ] = None
    default_qos: Annotated[
        str | None, Key("The QOS of requests that name none.", example="normal")
    ] = None
    requires_explicit_request: Annotated[
        bool,
        Key(
            "Whether it has to be asked for by name. It is chosen only if nothing else fits, and "
            "then named."
        ),
    ] = False
    description: Annotated[str | None, Key("What it is for.", example="General workloads")] = None

    def most_nodes(self, num_gpus: int) -> int | None:
        """Return the most nodes of an allocation with so many GPUs on each; None for no limit."""
        limits = [self.max_nodes, self.gpu_nodes if num_gpus else None]
        return min((each for each in limits if each is not None), default=None)


class CustomProfile(msgspec.Struct, frozen=True, kw_only=True):
    """An HPC system that torc does not know; `NAME` is what commands call it."""

    display_name: Annotated[str | None, Key("Its name for people.", example="My Cluster")] = None
    description: Annotated[str | None, Key("What it is.", example="Research cluster")] = None
    detect_env_var: Annotated[
        str | None,
        Key(
            "The variable by which it is recognized: NAME=value.",
            Assignment(),
            example="MY_CLUSTER=research",
        ),
    ] = None
    detect_hostname: Annotated[
        str | None,
        Key("A pattern of the host names by which it is recognized.", example="login.*"),
    ] = None
    default_account: Annotated[
        str | None, Key("The Slurm account of requests that name none.", example="project")
    ] = None
    partitions: Annotated[tuple[Partition, ...], Key("Its partitions.")]


class ProfileOverride(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from the built-in profile called `NAME`, such as `kestrel`."""

    default_account: Annotated[
        str | None, Key("The Slurm account of requests that name none.", example="project")
    ] = None


class HpcSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Profiles of HPC systems."""

    profile_overrides: dict[str, ProfileOverride] = {}
    custom_profiles: dict[str, CustomProfile] = {}
