"""Where jobs can be steps of a Slurm allocation."""

from __future__ import annotations

import msgspec


class StepSite(msgspec.Struct, frozen=True, kw_only=True):
    """The node of an allocation on which a runner can start steps."""

    srun: str
    """The program's path."""
    scancel: str
    slurm_job_id: int
    node: str
    """Slurm's name for it."""
    shares_cpus: bool = False
    """More jobs may run at once than their requirements allow."""
