"""What is fixed for the life of one runner."""

from __future__ import annotations

from typing import Any

import msgspec

from torc_core.model.execution import ExecutionConfig
from torc_core.model.ids import ComputeNodeId, WorkflowId
from torc_core.model.workflow import Workflow
from torc_core.resources import GpuKind, Resources

_SAMPLE_INTERVAL_S = 5.0
_LEAST_INTERVAL_S = 0.1


class Monitoring(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow's `resource_monitor_config`."""

    enabled: bool = True
    granularity: str = "summary"
    sample_interval_seconds: float = _SAMPLE_INTERVAL_S

    @property
    def interval_s(self) -> float | None:
        """Seconds between samples; None for no samples."""
        return max(self.sample_interval_seconds, _LEAST_INTERVAL_S) if self.enabled else None

    @property
    def keeps_time_series(self) -> bool:
        """Whether every sample is stored."""
        return self.enabled and self.granularity == "time_series"


class RunnerContext(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed for the life of one runner: workflow, node, resources, environment."""

    workflow: Workflow
    workflow_id: WorkflowId
    run_id: int
    node_id: ComputeNodeId
    capabilities: frozenset[str]
    """What the server offers beyond the reference's protocol."""
    hostname: str
    total: Resources
    gpus: tuple[str, ...]
    """The names of devices, as many as `total` has."""
    gpu_kind: GpuKind = GpuKind.NVIDIA
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
    started: float
    """On the monotonic clock."""


def read_monitoring(config: Any) -> Monitoring:
    """Return a workflow's setting, given as JSON text or object; None or empty is the default.

    Raises:
        ValueError: It is not understood.
    """
    if not config:
        return Monitoring()
    if isinstance(config, str):
        return msgspec.json.decode(config, type=Monitoring, strict=False)
    return msgspec.convert(config, type=Monitoring, strict=False)


def gpu_names(found: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return names for `count` GPUs: those found, then indices for those only stated.

    No two are the same: each is one job's.
    """
    # A UUID may stand for any device, most likely for an early one.
    indices = map(str, (*range(len(found), count), *range(len(found))))
    return (*found, *(index for index in indices if index not in found))[:count]
