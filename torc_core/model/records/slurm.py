"""What Slurm knows of jobs: the accounting of their attempts, and which of its jobs ran them."""

from __future__ import annotations

from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.wire import Wire


class SlurmStats(Wire, frozen=True, kw_only=True):
    """Slurm's accounting of one attempt, as reported by a client."""

    id: int | None = None
    workflow_id: WorkflowId
    job_id: JobId
    run_id: int
    attempt_id: int
    slurm_job_id: str | None = None
    max_rss_bytes: int | None = None
    max_vm_size_bytes: int | None = None
    max_disk_read_bytes: int | None = None
    max_disk_write_bytes: int | None = None
    ave_cpu_seconds: float | None = None
    node_list: str | None = None
    """Names of nodes in Slurm's notation, such as `n[1-3]`."""


class SlurmJobCorrelation(Wire, frozen=True, kw_only=True):
    """A job, and a Slurm job that ran an attempt of it."""

    job_id: JobId
    job_name: str
    slurm_job_id: str
