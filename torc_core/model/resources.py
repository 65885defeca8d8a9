"""What jobs need, how their failures are handled, and which schedulers they may use."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from torc_core.model.ids import FailureHandlerId, RequirementsId, SchedulerId, WorkflowId
from torc_core.model.wire import Wire, stated

DEFAULT_REQUIREMENTS = "default"
"""The name of the requirements that the server gives to jobs without any: 1 CPU, 1 MiB, 1 minute
(the reference's `P0DT1M`). Requirements cannot be created with or renamed to this name."""


class ResourceRequirements(Wire, frozen=True, kw_only=True):
    """What a job needs to run. Memory is such as "2g", runtime such as "PT30M"."""

    id: RequirementsId | None = None
    workflow_id: WorkflowId
    name: str
    num_cpus: int = stated(1)
    num_gpus: int = stated(0)
    num_nodes: int = stated(1)
    memory: str = stated("1m")
    runtime: str = stated("P0DT1M")


class ResourceRequirementsPatch(Wire, frozen=True, kw_only=True):
    """The fields of resource requirements to change; null keeps their values."""

    name: str | None = None
    num_cpus: int | None = None
    num_gpus: int | None = None
    num_nodes: int | None = None
    memory: str | None = None
    runtime: str | None = None


class ReadyJobRequirements(Wire, frozen=True, kw_only=True):
    """The summed requirements of a workflow's ready jobs."""

    num_jobs: int
    num_cpus: int
    num_gpus: int
    memory_gb: float
    """Gibibytes."""
    max_num_nodes: int
    """The largest number that one of them needs."""
    max_runtime: str
    """The longest runtime of one of them: an ISO 8601 duration."""


class FailureHandler(Wire, frozen=True, kw_only=True):
    """Rules for failed jobs. `rules` is JSON text: a list of `FailureRule`."""

    id: FailureHandlerId | None = None
    workflow_id: WorkflowId
    name: str
    rules: str


class FailureRule(Wire, frozen=True, kw_only=True):
    """What to do after certain exit codes."""

    exit_codes: list[int] = stated([])
    match_all_exit_codes: bool = stated(False)
    recovery_script: str | None = None
    max_retries: int = stated(3)


class LocalScheduler(Wire, frozen=True, kw_only=True):
    """Settings of a scheduler that runs jobs on this machine."""

    id: SchedulerId | None = None
    workflow_id: WorkflowId
    name: str = stated("default")
    memory: str | None = None
    num_cpus: int | None = None


class LocalSchedulerPatch(Wire, frozen=True, kw_only=True):
    """The fields of a local scheduler to change; null clears those that may be empty."""

    name: str | None = None
    memory: str | UnsetType | None = UNSET
    num_cpus: int | UnsetType | None = UNSET


class SlurmScheduler(Wire, frozen=True, kw_only=True):
    """Settings of Slurm allocations. Walltime is in Slurm's notation, `D-HH:MM:SS` or shorter."""

    id: SchedulerId | None = None
    workflow_id: WorkflowId
    name: str | None = None
    account: str
    gres: str | None = None
    mem: str | None = None
    nodes: int
    ntasks_per_node: int | None = None
    partition: str | None = None
    qos: str | None = stated("normal")
    tmp: str | None = None
    walltime: str
    extra: str | None = None


class SlurmSchedulerPatch(Wire, frozen=True, kw_only=True):
    """The fields of a Slurm scheduler to change; null clears those that may be empty."""

    name: str | UnsetType | None = UNSET
    account: str | None = None
    gres: str | UnsetType | None = UNSET
    mem: str | UnsetType | None = UNSET
    nodes: int | None = None
    ntasks_per_node: int | UnsetType | None = UNSET
    partition: str | UnsetType | None = UNSET
    qos: str | UnsetType | None = UNSET
    tmp: str | UnsetType | None = UNSET
    walltime: str | None = None
    extra: str | UnsetType | None = UNSET
