"""The share of this machine that Slurm granted to this process, read from its environment. Pure.

A login shell may carry the variables of an allocation elsewhere (`salloc` sets them where it was
called) or of one that has ended, so it counts only what is shown to be this process's own.
Source: sbatch(1) and srun(1) of Slurm 23.11, "OUTPUT ENVIRONMENT VARIABLES".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_MIB = 2**20
_COUNT = re.compile(r"(\d+)(?:\(x(\d+)\))?")
"""An item of SLURM_STEP_TASKS_PER_NODE, such as `4(x3)`: three nodes with four tasks each."""


class Share(NamedTuple):
    """What Slurm granted; None where it does not say."""

    num_cpus: int | None = None
    memory_bytes: int | None = None
    num_gpus: int | None = None


def is_own_allocation(
    environ: Mapping[str, str], *, hostname: str, groups: Iterable[str], now_s: float
) -> bool:
    """Return whether the variables describe an allocation that this process is in.

    Args:
        environ: The environment.
        hostname: This machine's.
        groups: The control groups of this process; slurmd's name the Slurm job.
        now_s: Seconds since 1970.
    """
    job_id = environ.get("SLURM_JOB_ID")
    end = environ.get("SLURM_JOB_END_TIME", "")
    if not job_id or (end.isdecimal() and int(end) <= now_s):
        return False
    node = environ.get("SLURMD_NODENAME", "")
    is_here = bool(node) and node.partition(".")[0] == hostname.partition(".")[0]
    return is_here or any(f"job_{job_id}" in group.split("/") for group in groups)


def read_share(environ: Mapping[str, str]) -> Share:
    """Return the share that the variables describe; what is not a number is left out."""
    num_cpus = _cpus(environ)
    num_gpus = _integer(environ, "SLURM_GPUS_ON_NODE")
    return Share(num_cpus, _memory(environ, num_cpus, num_gpus), num_gpus)


def _cpus(environ: Mapping[str, str]) -> int | None:
    """Return the CPUs of the node, or of this task where several tasks of a step share it."""
    on_node = _integer(environ, "SLURM_CPUS_ON_NODE") or None
    per_task = _integer(environ, "SLURM_CPUS_PER_TASK") or None
    if per_task and _tasks_on_node(environ) > 1:
        return per_task
    return on_node or per_task


def _tasks_on_node(environ: Mapping[str, str]) -> int:
    """Return how many tasks the own step has on this node; 1 for a batch script."""
    node = _integer(environ, "SLURM_NODEID") or 0
    for item in environ.get("SLURM_STEP_TASKS_PER_NODE", "").split(","):
        match = _COUNT.fullmatch(item.strip())
        if match is None:
            break
        nodes = int(match[2] or 1)
        if node < nodes:
            return int(match[1])
        node -= nodes
    return 1


def _memory(environ: Mapping[str, str], num_cpus: int | None, num_gpus: int | None) -> int | None:
    """Return the bytes; Slurm counts in MiB, and 0 asks for all of the node."""
    for name, count in (
        ("SLURM_MEM_PER_NODE", 1),
        ("SLURM_MEM_PER_CPU", num_cpus),
        ("SLURM_MEM_PER_GPU", num_gpus),
    ):
        size = _integer(environ, name)
        if size and count:
            return size * count * _MIB
    return None


def _integer(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "")
    return int(text) if text.isdecimal() else None
