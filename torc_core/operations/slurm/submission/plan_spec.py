"""The allocations of a workflow file, planned and taken into the workflow that is created."""

from __future__ import annotations

import msgspec

from torc_core.config.hpc import HpcSettings
from torc_core.hpc.planning.apply import apply_plan
from torc_core.hpc.planning.plan import SchedulerPlan
from torc_core.operations.slurm.plan_file import PlanRequest, plan_allocations
from torc_core.operations.slurm.submission.contents import Placement
from torc_core.spec.expanded import ExpandedWorkflow


class PlannedSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow with the schedulers and actions that were planned for it."""

    spec: ExpandedWorkflow
    plan: SchedulerPlan

    @property
    def placements(self) -> dict[str, Placement]:
        """The partition of each scheduler, and why it is that one."""
        return {
            each.record.name: Placement(partition=each.partition, why=each.why)
            for each in self.plan.schedulers
        }


def plan_spec(spec: ExpandedWorkflow, settings: HpcSettings, request: PlanRequest) -> PlannedSpec:
    """Return a workflow with the allocations that its jobs need.

    Raises:
        TorcError: See `plan_allocations`.
    """
    plan = plan_allocations(spec, settings, request)
    return PlannedSpec(spec=apply_plan(spec, plan), plan=plan)
