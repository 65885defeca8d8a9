"""What a recovery is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from torc_core.config.hpc import HpcSettings
from torc_core.host.user import user_name
from torc_core.model.ids import WorkflowId
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.slurm.plan_file import PlanRequest
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.runner.policy.options import RunnerOptions


class RecoverRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which workflow is recovered, and how its jobs run again."""

    workflow_id: WorkflowId
    options: RecoveryOptions = RecoveryOptions()
    run: RunnerOptions
    """Those of a run on this machine, where the workflow runs without Slurm; whatever workflow they
    name."""
    is_detached: bool = False
    """Such a run is started in the background; else the caller executes it."""
    base: Path | None = None
    """The directory of such a run; the current one by default."""
    site: SiteOptions
    """Where workers in allocations work."""
    plan: PlanRequest = PlanRequest()
    """How allocations are planned."""
    settings: HpcSettings
    user: str = msgspec.field(default_factory=user_name)
    """Who recovers."""


class Turn(NamedTuple):
    """Which recovery of a workflow is meant."""

    run_id: int
    number: int
