"""What this machine offers to jobs: CPUs, memory and GPUs that this process may use.

The least of what the hardware has, the scheduler allows (affinity), the control groups grant and a
batch system gave counts.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import psutil

from torc_core.errors import MachineError
from torc_core.host.hardware.control_groups import read_limits
from torc_core.host.hardware.gpus import find_gpus
from torc_core.host.hardware.slurm_share import Share, is_own_allocation, read_share
from torc_core.resources import GpuKind

_GIB = 2**30
_HARDWARE, _AFFINITY = "hardware", "CPU affinity"
_GROUP, _SLURM = "control group", "Slurm"


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine as jobs may use it."""

    hostname: str
    num_cpus: int
    cpus: tuple[int, ...] = ()
    """The numbers of the CPUs that this process may run on; `num_cpus` may be less. None where
    processes cannot be bound to CPUs."""
    cpu_limit: str = _HARDWARE
    """What sets `num_cpus`: the hardware, CPU affinity, a control group or Slurm."""
    memory_gb: float
    """Gibibytes."""
    memory_limit: str = _HARDWARE
    """What sets `memory_gb`."""
    gpus: tuple[str, ...] = ()
    """How a job names each device: an index, a UUID or the name of a MIG device."""
    gpu_kind: GpuKind = GpuKind.NVIDIA


def require_linux() -> None:
    """Check that this machine can run jobs: guards and measurements need the kernel of Linux.

    Raises:
        MachineError: It cannot.
    """
    if sys.platform != "linux":
        system = {"darwin": "macOS"}.get(sys.platform, sys.platform)
        raise MachineError(
            f"Jobs run on Linux only, and this machine runs {system}.",
            hint="Run it on one with Linux; with --url of a server you can watch it from here.",
        )


def usable_cpu_count() -> int:
    """Return how many CPUs this process may run on."""
    return len(_usable_cpus()) or psutil.cpu_count() or 1


def inspect_machine(root: Path = Path("/"), environ: Mapping[str, str] = os.environ) -> Machine:
    """Return what this process may use of its machine.

    Args:
        root: Where proc, sys and dev are mounted.
        environ: Names the visible GPUs, and the share of a Slurm job inside its allocation.
    """
    hostname = socket.gethostname()
    limits = read_limits(root)
    is_own = is_own_allocation(environ, hostname=hostname, groups=limits.paths, now_s=time.time())
    share = read_share(environ) if is_own else Share()
    cpus = _usable_cpus()
    # Jobs that share a part of a CPU would be throttled: of a quota of 2.5 there are 2 to give.
    quota = None if limits.cpus is None else max(int(limits.cpus), 1)
    num_cpus, cpu_limit = _least(
        (psutil.cpu_count() or 1, _HARDWARE),
        (len(cpus) or None, _AFFINITY),
        (quota, _GROUP),
        (share.num_cpus, _SLURM),
    )
    memory_bytes, memory_limit = _least(
        (psutil.virtual_memory().total, _HARDWARE),
        (limits.memory_bytes, _GROUP),
        (share.memory_bytes, _SLURM),
    )
    gpus = find_gpus(root, environ)
    return Machine(
        hostname=hostname,
        num_cpus=num_cpus,
        cpus=cpus,
        cpu_limit=cpu_limit,
        memory_gb=memory_bytes / _GIB,
        memory_limit=memory_limit,
        gpus=gpus.names[: share.num_gpus],
        gpu_kind=gpus.kind,
    )


def _least(*bounds: tuple[int | None, str]) -> tuple[int, str]:
    """Return the least amount and what sets it; the earlier of equal ones."""
    known = ((amount, source) for amount, source in bounds if amount is not None)
    return min(known, key=lambda bound: bound[0])


def _usable_cpus() -> tuple[int, ...]:
    """Return the CPUs that this process may run on; none where there is no affinity (macOS)."""
    if sys.platform == "darwin":
        return ()
    return tuple(sorted(psutil.Process().cpu_affinity() or ()))
