"""The GPUs that this process may use, and the names that jobs are given.

A list of visible devices that the runner itself was given goes before what the machine has.
Sources: CUDA Programming Guide, "CUDA Environment Variables"; ROCm documentation, "GPU isolation
techniques"; the kernel's amdkfd topology in sysfs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from torc_core.resources import GpuKind

_NVIDIA = re.compile(r"nvidia[0-9]+")
_SIMD = re.compile(r"^simd_count\s+0*[1-9]", re.MULTILINE)
"""Of a node with cores; those of CPUs have none."""
_NO_DEVICES = frozenset({"-1", "NoDevFiles", "none", "void"})
"""What ends a list: what follows is not visible."""


class Gpus(NamedTuple):
    """Devices of one maker."""

    kind: GpuKind
    names: tuple[str, ...]
    """An index, a UUID or the name of a MIG device each; no device has two."""


def find_gpus(root: Path, environ: Mapping[str, str]) -> Gpus:
    """Return the GPUs that this process may use; of two makers those of NVIDIA.

    Args:
        root: Where dev and sys are mounted.
        environ: The runner's environment.
    """
    nvidia, amd = _count_nvidia(root), _count_amd(root)
    if amd and not nvidia:
        return Gpus(GpuKind.AMD, _visible_amd(environ, amd))
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    names = _indices(nvidia) if visible is None else _listed(visible)
    return Gpus(GpuKind.NVIDIA, names)


def _count_nvidia(root: Path) -> int:
    devices = (path for path in (root / "dev").glob("nvidia*") if _NVIDIA.fullmatch(path.name))
    # A control group may keep a process from devices that are there for others.
    return sum(1 for path in devices if os.access(path, os.R_OK | os.W_OK))


def _count_amd(root: Path) -> int:
    """Count the nodes with cores; of those that a control group withholds nothing can be read."""
    if not (root / "dev/kfd").exists():
        return 0
    nodes = (root / "sys/class/kfd/kfd/topology/nodes").glob("*/properties")
    return sum(1 for path in nodes if _SIMD.search(_read(path)))


def _visible_amd(environ: Mapping[str, str], count: int) -> tuple[str, ...]:
    """Return devices as ROCR_VISIBLE_DEVICES names them.

    HIP counts within what that leaves, and takes CUDA_VISIBLE_DEVICES for its own variable.
    """
    names = _listed(environ.get("ROCR_VISIBLE_DEVICES"), _indices(count))
    inner = environ.get("HIP_VISIBLE_DEVICES", environ.get("CUDA_VISIBLE_DEVICES"))
    if inner is None:
        return names
    chosen = _listed(inner)
    return tuple(
        names[int(name)] if name.isdecimal() else name
        for name in chosen
        if not name.isdecimal() or int(name) < len(names)
    )


def _listed(text: str | None, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the names of a list, each once."""
    if text is None:
        return otherwise
    names: dict[str, None] = {}
    for name in (part.strip() for part in text.split(",")):
        if name in _NO_DEVICES:
            break
        if name:
            names[name] = None
    return tuple(names)


def _indices(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
