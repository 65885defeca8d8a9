"""What a watch is asked for, and with what it acts."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.config.hpc import HpcSettings
from torc_core.host.connect import Connection
from torc_core.host.user import user_name
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import WorkflowId
from torc_core.operations.recovery.options import WATCH_RUNTIME_MULTIPLIER, RecoveryOptions
from torc_core.operations.recovery.procedure.request import RecoverRequest
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.slurm.plan_file import PlanRequest
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.runner.policy.options import RunnerOptions


class WatchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be watched, and what may be done about it."""

    workflow_id: WorkflowId
    options: WatchOptions
    recovery: RecoveryOptions = RecoveryOptions(runtime_multiplier=WATCH_RUNTIME_MULTIPLIER)
    """How far a recovery may go."""
    site: SiteOptions = SiteOptions()
    """Where workers in allocations work; the log is there, too."""
    plan: PlanRequest = PlanRequest()
    """How allocations are planned."""
    settings: HpcSettings = HpcSettings()
    run: RunnerOptions
    """Those of a run on this machine, where the workflow runs without Slurm; whatever workflow they
    name."""
    base: Path | None = None
    """The directory of such a run; the current one by default."""
    user: str = msgspec.field(default_factory=user_name)
    """Who watches."""

    @property
    def recover(self) -> RecoverRequest:
        """A recovery, as this watch carries it out."""
        return RecoverRequest(
            workflow_id=self.workflow_id,
            options=self.recovery,
            run=self.run,
            is_detached=True,
            base=self.base,
            site=self.site,
            plan=self.plan,
            settings=self.settings,
            user=self.user,
        )


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """With what a watch acts."""

    connection: Connection
    slurm: Slurm
    request: WatchRequest
