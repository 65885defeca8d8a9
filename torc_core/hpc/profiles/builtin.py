"""The HPC systems that torc knows by itself."""

from __future__ import annotations

from functools import partial

from torc_core.config.hpc import Partition
from torc_core.hpc.profiles.profile import Origin, Profile

_H = 3_600

_kestrel = partial(Partition, cpus_per_node=104, memory_mb=240_000)
_kestrel_gpu = partial(
    Partition,
    cpus_per_node=128,
    memory_mb=360_000,
    gpus_per_node=4,
    gpu_type="h100",
    gpu_memory_gb=80,
    shared=True,
)
_kestrel_named = partial(_kestrel, requires_explicit_request=True)

KESTREL = Profile(
    name="kestrel",
    display_name="NREL Kestrel",
    description="NREL's Kestrel: nodes of 104 CPUs, and nodes with four NVIDIA H100",
    detect_env_var="NREL_CLUSTER=kestrel",
    origin=Origin.BUILT_IN,
    partitions=(
        _kestrel_named(
            name="debug",
            max_walltime_secs=1 * _H,
            max_nodes=2,
            gpus_per_node=2,
            gpu_type="h100",
            gpu_memory_gb=80,
            shared=True,
            description="Quick tests",
        ),
        _kestrel(name="short", max_walltime_secs=4 * _H, max_nodes=2240, description="Short jobs"),
        _kestrel(
            name="standard",
            max_walltime_secs=48 * _H,
            max_nodes=2240,
            description="General workloads",
        ),
        _kestrel(name="long", max_walltime_secs=240 * _H, max_nodes=430, description="Long jobs"),
        _kestrel(
            name="medmem",
            memory_mb=1_000_000,
            max_walltime_secs=240 * _H,
            max_nodes=64,
            description="Medium memory",
        ),
        _kestrel(
            name="bigmem",
            memory_mb=2_000_000,
            max_walltime_secs=48 * _H,
            max_nodes=10,
            description="High memory",
        ),
        _kestrel(
            name="bigmeml",
            memory_mb=2_000_000,
            max_walltime_secs=240 * _H,
            max_nodes=4,
            description="High memory, long jobs",
        ),
        _kestrel_named(
            name="hbw",
            max_walltime_secs=48 * _H,
            max_nodes=512,
            min_nodes=2,
            description="High bandwidth",
        ),
        _kestrel_named(
            name="hbwl",
            max_walltime_secs=240 * _H,
            max_nodes=128,
            min_nodes=2,
            description="High bandwidth, long jobs",
        ),
        _kestrel_named(
            name="nvme", max_walltime_secs=48 * _H, max_nodes=256, description="Local NVMe storage"
        ),
        _kestrel_named(
            name="shared",
            max_walltime_secs=48 * _H,
            max_nodes=128,
            shared=True,
            description="Parts of nodes",
        ),
        _kestrel_named(
            name="sharedl",
            max_walltime_secs=240 * _H,
            max_nodes=32,
            shared=True,
            description="Parts of nodes, long jobs",
        ),
        _kestrel_gpu(
            name="gpu-h100s", max_walltime_secs=4 * _H, max_nodes=156, description="Short GPU jobs"
        ),
        _kestrel_gpu(
            name="gpu-h100", max_walltime_secs=48 * _H, max_nodes=156, description="GPU jobs"
        ),
        _kestrel_gpu(
            name="gpu-h100l", max_walltime_secs=240 * _H, max_nodes=39, description="Long GPU jobs"
        ),
    ),
)
"""Source: the description of this system that the reference 0.12.0 has; its documentation lists
ten of these partitions, with other numbers."""

_dane = partial(Partition, cpus_per_node=112, memory_mb=257_054)
_dane_named = partial(_dane, requires_explicit_request=True)

DANE = Profile(
    name="dane",
    display_name="LLNL Dane",
    description="LLNL's Dane: nodes of 112 CPUs",
    detect_env_var="CLUSTER=dane",
    origin=Origin.BUILT_IN,
    partitions=(
        _dane_named(name="pdebug", max_walltime_secs=1 * _H, description="Quick tests"),
        _dane(name="pbatch", max_walltime_secs=24 * _H, description="General workloads"),
        _dane_named(name="pci", max_walltime_secs=24 * _H, description="Continuous integration"),
        _dane_named(name="pserial", max_walltime_secs=168 * _H, description="Serial jobs"),
        _dane_named(
            name="pjupyter", max_walltime_secs=24 * _H, shared=True, description="Notebooks"
        ),
        _dane_named(name="pall", max_walltime_secs=8_760 * _H, description="All nodes"),
    ),
)
"""Source: the same."""

BUILT_IN = (KESTREL, DANE)
