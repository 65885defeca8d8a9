"""The Slurm allocation of this process, read from its environment. Pure.

Source: sbatch(1) and srun(1) of Slurm 23.11, "OUTPUT ENVIRONMENT VARIABLES"; squeue(1), `%L`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torc_core.errors import UsageError
from torc_core.host.hardware.slurm_share import read_share
from torc_core.masking import is_secret_name


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a Slurm job that belongs to this runner."""

    slurm_job_id: int
    cluster: str | None = None
    node_id: int
    """0 on the first node."""
    num_cpus: int | None
    memory_gb: float | None
    """Gibibytes."""
    num_gpus: int | None
    num_nodes: int
    end_time: float | None
    """Seconds since 1970."""
    restart_count: int = 0
    """How often Slurm has requeued the job: it keeps its id."""


def read_allocation(environ: Mapping[str, str], *, is_subtask: bool) -> Allocation:
    """Return the allocation that a process belongs to.

    Args:
        environ: Its environment.
        is_subtask: One runner per node: this one has only its own node.

    Raises:
        UsageError: This is no Slurm job, or a variable is not valid.
    """
    if "SLURM_JOB_ID" not in environ:
        raise UsageError(
            "This is not a Slurm job: SLURM_JOB_ID is not set.",
            hint="Start it with sbatch or srun, or use `torc run` outside of Slurm.",
        )
    share = read_share(environ)
    return Allocation(
        slurm_job_id=_integer(environ, "SLURM_JOB_ID") or 0,
        cluster=environ.get("SLURM_CLUSTER_NAME") or None,
        node_id=_integer(environ, "SLURM_NODEID") or 0,
        num_cpus=share.num_cpus,
        memory_gb=None if share.memory_bytes is None else share.memory_bytes / 2**30,
        num_gpus=share.num_gpus,
        num_nodes=1 if is_subtask else _integer(environ, "SLURM_JOB_NUM_NODES") or 1,
        end_time=_integer(environ, "SLURM_JOB_END_TIME"),
        restart_count=_integer(environ, "SLURM_RESTART_COUNT") or 0,
    )


def printable_environment(environ: Mapping[str, str]) -> str:
    """Return Slurm's variables, one per line and sorted, without those that may be secrets."""
    return "".join(
        f"{name}={value}\n"
        for name, value in sorted(environ.items())
        if name.startswith("SLURM") and not is_secret_name(name)
    )


def _integer(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise UsageError(f"{name} is {text!r}, not a whole number.")
    return int(text)
