"""Compute nodes: the machines on which runners claim and run jobs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import UNSET, UnsetType

from torc_core.model.ids import AllocationId, ComputeNodeId, SchedulerId, WorkflowId
from torc_core.model.wire import Wire


class SchedulerType(StrEnum):
    """What grants nodes; the type of a compute node is that of its scheduler."""

    LOCAL = "local"
    """No scheduler: the runner was started on the machine itself."""
    SLURM = "slurm"


class AllocationStatus(StrEnum):
    """The state of an allocation."""

    PENDING = "pending"
    ACTIVE = "active"
    COMPLETE = "complete"


SLURM_CLUSTER = "slurm_cluster"
OUTPUT_DIR = "output_dir"
"""What a node in an allocation says of its scheduler, beside ids: where its runner writes."""
UNFINISHED_ALLOCATIONS = frozenset({AllocationStatus.PENDING, AllocationStatus.ACTIVE})


class ComputeNode(Wire, frozen=True, kw_only=True):
    """One runner on one machine, for one workflow."""

    id: ComputeNodeId | None = None
    workflow_id: WorkflowId
    hostname: str
    pid: int
    start_time: str
    """RFC 3339."""
    duration_seconds: float | None = None
    is_active: bool | None = None
    num_cpus: int
    memory_gb: float
    """Gibibytes."""
    num_gpus: int
    num_nodes: int
    time_limit: str | None = None
    """ISO 8601 duration from `start_time`; unlimited if absent."""
    scheduler_config_id: SchedulerId | None = None
    compute_node_type: str
    """`local` or `slurm` with torc's own runners; clients may send any other word."""
    scheduler: Any = None
    peak_cpu_percent: float | None = None
    """Of the whole machine while the runner ran jobs; 100 is one core."""
    avg_cpu_percent: float | None = None
    peak_memory_bytes: int | None = None
    avg_memory_bytes: int | None = None
    sample_count: int | None = None
    """How many samples these are made of."""
    suspect_at_ms: int | None = None
    """Since when its runner is suspect, in ms since 1970: it should have reported before. Only the
    server sets it."""

    @property
    def is_caretaker(self) -> bool:
        """Whether it offers nothing: its runner only looks after the jobs of a dead one."""
        return not self.num_cpus

    @property
    def slurm_job_id(self) -> int | None:
        """The allocation in which the runner works; None if Slurm has not granted it."""
        if self.compute_node_type != SchedulerType.SLURM or not isinstance(self.scheduler, dict):
            return None
        stated = str(self.scheduler.get("slurm_job_id"))  # clients write a number or its digits
        return int(stated) if stated.isascii() and stated.isdecimal() else None

    @property
    def slurm_cluster(self) -> str | None:
        """The Slurm cluster of its allocation; None if that is not said."""
        stated = self.scheduler.get(SLURM_CLUSTER) if isinstance(self.scheduler, dict) else None
        return stated if isinstance(stated, str) else None

    @property
    def output_dir(self) -> str | None:
        """Where its runner writes, in an absolute path; None if that is not said."""
        stated = self.scheduler.get(OUTPUT_DIR) if isinstance(self.scheduler, dict) else None
        return stated if isinstance(stated, str) and stated.startswith("/") else None


class ComputeNodePatch(Wire, frozen=True, kw_only=True):
    """The fields of a compute node to change; null clears those that may be empty."""

    hostname: str | None = None
    pid: int | None = None
    start_time: str | None = None
    duration_seconds: float | UnsetType | None = UNSET
    is_active: bool | None = None
    num_cpus: int | None = None
    memory_gb: float | None = None
    num_gpus: int | None = None
    num_nodes: int | None = None
    time_limit: str | UnsetType | None = UNSET
    scheduler_config_id: SchedulerId | UnsetType | None = UNSET
    compute_node_type: str | None = None
    scheduler: Any = UNSET
    peak_cpu_percent: float | UnsetType | None = UNSET
    avg_cpu_percent: float | UnsetType | None = UNSET
    peak_memory_bytes: int | UnsetType | None = UNSET
    avg_memory_bytes: int | UnsetType | None = UNSET
    sample_count: int | UnsetType | None = UNSET


class ComputeNodesResources(Wire, frozen=True, kw_only=True):
    """The free resources of the caller."""

    id: int | None = None
    num_cpus: int
    memory_gb: float
    num_gpus: int
    num_nodes: int
    time_limit: str | None = None
    scheduler_config_id: SchedulerId | None = None


class ScheduledComputeNode(Wire, frozen=True, kw_only=True):
    """An allocation requested from a scheduler."""

    id: AllocationId | None = None
    workflow_id: WorkflowId
    scheduler_id: int
    """The scheduler's own id of the allocation."""
    scheduler_config_id: SchedulerId
    scheduler_type: str
    status: str
    """`pending`, `active` or `complete`."""
    request_key: str | None = None
    """What the submitter called its request. A second record with the key of an earlier one of the
    workflow is not created: the answer is the earlier one."""
    slurm_cluster: str | None = None
    """The Slurm cluster that knows the allocation, where the submitter said it: the numbers of two
    clusters may be the same."""


class ScheduledComputeNodePatch(Wire, frozen=True, kw_only=True):
    """The fields of a scheduled compute node to change; null keeps their values."""

    scheduler_id: int | None = None
    scheduler_config_id: SchedulerId | None = None
    scheduler_type: str | None = None
    status: str | None = None


class RemoteWorker(Wire, frozen=True, kw_only=True):
    """A machine of the user, `[user@]host[:port]`, that can run a workflow's jobs over SSH."""

    worker: str
    workflow_id: WorkflowId
