"""What a test may choose of a cluster, and what this machine allows."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
from environments import program

CONTROL_GROUPS = tuple(Path("/sys/fs/cgroup") / name for name in ("freezer", "memory"))
"""Those that Slurm uses, of version 1."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a test may choose."""

    nodes: int = 3
    cpus: int = 8
    """Of each node; they need not exist."""
    memory_mib: int = 4000
    """Of each node; it has to exist when jobs use it."""
    gpus: int = 2
    """Of the last node, at most four. Jobs see only the variable."""
    gpu_type: str = ""
    """Such as a100."""
    accounting: bool = True
    """Whether there is a database of jobs, that is whether `sacct` works; it takes 2 s to start."""
    preemption: str = ""
    """CANCEL or REQUEUE: what happens to jobs of `standard` when `short` or `debug` needs nodes."""
    refuses_over_limits: bool = False
    """Whether jobs beyond the limits of their partition are refused, or stay PENDING."""
    message_timeout_s: int = 10
    """Programs give up on a controller that does not answer after a second less."""
    own_networks: bool = False
    """Each node has a network of its own; needs root. This machine is `Cluster.address` there."""
    more: tuple[str, ...] = ()
    """Lines of slurm.conf, such as more partitions; `{all}` stands for all nodes, `{last}` for the
    one that has GPUs."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine allows."""

    control_groups: bool
    """Slurm confines jobs to their memory, and says OUT_OF_MEMORY; without, FAILED."""
    namespaces: bool
    """Each node has its own host name."""


def examine_machine() -> Machine:
    """Return what this machine and user allow."""
    return Machine(
        control_groups=all(map(_can_make_group, CONTROL_GROUPS)), namespaces=_can_make_namespaces()
    )


def _can_make_group(controller: Path) -> bool:
    tried = controller / f"torc-slurm-{os.getpid()}"
    try:
        tried.mkdir()
        tried.rmdir()
    except OSError:
        return False
    return True


def _can_make_namespaces() -> bool:
    script = "hostname x && mount --bind /etc/hosts /etc/hosts"
    command = [program("unshare"), "--uts", "--mount", "sh", "-c", script]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
