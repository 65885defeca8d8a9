"""What is fixed for the life of one runner."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from torc_core.model.execution import ExecutionConfig
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.model.workflow import Workflow
from torc_core.resources import GpuKind, Resources
from torc_core.runner.policy.commands.step_site import StepSite
from torc_core.runner.policy.monitoring.settings import Monitoring


class LimitedBy(NamedTuple):
    """What sets how much there is on a node, in words."""

    cpus: str = ""
    memory: str = ""


class RunnerContext(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed for the life of one runner: workflow, node, resources, environment."""

    workflow: Workflow
    workflow_id: WorkflowId
    run_id: int
    node_id: ComputeNodeId
    node_start_time: str = ""
    """As it was registered."""
    has_exchange: bool = False
    """Whether the runner speaks the batch protocol. It keeps to the protocol that it began with:
    attempts that were claimed with the one cannot be reported with the other, and every server
    takes the reference's."""
    has_token_in_path: bool = False
    """Whether the server takes its token before the path."""
    hostname: str
    total: Resources
    limited_by: LimitedBy = LimitedBy()
    gpus: tuple[str, ...]
    """The names of devices, as many as `total` has."""
    gpu_kind: GpuKind = GpuKind.NVIDIA
    cpus: tuple[int, ...] = ()
    """The CPUs that jobs get for themselves; empty without CPU affinity."""
    bash: str
    output_dir: str
    """Absolute: jobs may change their directory."""
    log_mode: int
    """The permissions of the files that the runner creates there."""
    environment: dict[str, str]
    """What all jobs share."""
    monitoring: Monitoring
    execution: ExecutionConfig = ExecutionConfig()
    """How the workflow wants its jobs executed."""
    steps: StepSite | None = None
    """Where its jobs become steps of an allocation; None if they do not."""
    started: float
    """On the monotonic clock."""
    boot_id: str | None = None
    """Names the present run of its machine."""


def gpu_names(found: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return names for `count` GPUs: those found, then indices for those only stated.

    No two are the same: each is one job's.
    """
    # A UUID may stand for any device, most likely for an early one.
    indices = map(str, (*range(len(found), count), *range(len(found))))
    return (*found, *(index for index in indices if index not in found))[:count]
