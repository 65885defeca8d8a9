"""What this machine offers to jobs: CPUs, memory and GPUs that this process may use."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

import msgspec
import psutil

_GIB = 2**30
_CGROUP_LIMITS = (
    "sys/fs/cgroup/memory.max",
    "sys/fs/cgroup/memory/memory.limit_in_bytes",
)
_DEVICE = re.compile(r"nvidia[0-9]+")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine as jobs may use it."""

    hostname: str
    num_cpus: int
    memory_gb: float
    """Gibibytes."""
    gpus: tuple[str, ...] = ()
    """What to write into CUDA_VISIBLE_DEVICES, one entry per device: an index or a UUID."""


def inspect_machine(root: Path = Path("/"), environ: Mapping[str, str] = os.environ) -> Machine:
    """Return what this process may use of its machine.

    Args:
        root: Where sys and dev are mounted.
        environ: CUDA_VISIBLE_DEVICES in it names the GPUs; without it device files are counted.
    """
    return Machine(
        hostname=socket.gethostname(),
        num_cpus=_count_cpus(),
        memory_gb=_memory_bytes(root) / _GIB,
        gpus=_gpus(root, environ),
    )


def _count_cpus() -> int:
    """Return how many CPUs this process may run on; all where there is no affinity (macOS)."""
    try:
        return len(psutil.Process().cpu_affinity() or ())
    except AttributeError:
        return psutil.cpu_count() or 1


def _memory_bytes(root: Path) -> int:
    """Return the physical memory, or the limit of the control group where that is lower."""
    sizes = [psutil.virtual_memory().total]
    for limit in _CGROUP_LIMITS:
        try:
            text = (root / limit).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            sizes.append(int(text))
    return min(sizes)


def _gpus(root: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        names = (name.strip() for name in visible.split(","))
        return tuple(name for name in names if name and name not in {"-1", "NoDevFiles"})
    devices = (path.name for path in (root / "dev").glob("nvidia*"))
    count = sum(1 for name in devices if _DEVICE.fullmatch(name))
    return tuple(str(index) for index in range(count))
