"""What stays fixed for the life of one runner."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from torc_core.host.machine import Machine
from torc_core.model.workflow import Workflow
from torc_core.runner.policy.resource_pool import Resources

log = logging.getLogger("torc.runner")

_SAMPLE_INTERVAL_S = 5.0


class Monitoring(msgspec.Struct, frozen=True, kw_only=True):
    """What a workflow's `resource_monitor_config` asks for."""

    enabled: bool = True
    granularity: str = "summary"
    sample_interval_seconds: float = _SAMPLE_INTERVAL_S

    @property
    def interval_s(self) -> float | None:
        """Seconds between samples; None for no samples."""
        return max(self.sample_interval_seconds, 0.1) if self.enabled else None


class RunnerContext(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is settled before the first job."""

    workflow: Workflow
    run_id: int
    node_id: int
    capabilities: frozenset[str]
    """What the server can do beyond the reference's protocol."""
    machine: Machine
    total: Resources
    bash: str
    output_dir: str
    """Absolute: jobs may change their directory."""
    environment: dict[str, str]
    monitoring: Monitoring
    started: float
    """On the monotonic clock."""


def read_monitoring(config: Any) -> Monitoring:
    """Return what a workflow asks for, as JSON text or object; nonsense counts as nothing asked."""
    if not config:
        return Monitoring()
    try:
        if isinstance(config, str):
            return msgspec.json.decode(config, type=Monitoring, strict=False)
        return msgspec.convert(config, type=Monitoring, strict=False)
    except msgspec.MsgspecError as error:
        log.warning("resource_monitor_config is not understood: %s", error)
        return Monitoring()


def gpu_names(machine: Machine, count: int) -> tuple[str, ...]:
    """Return names for `count` GPUs: those found, then plain indices for what was only stated."""
    found = machine.gpus[:count]
    return found + tuple(str(index) for index in range(len(found), count))
