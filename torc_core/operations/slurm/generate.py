"""Write the allocations that a workflow's jobs need into its file."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from torc_core.config.hpc import HpcSettings
from torc_core.errors import UsageError
from torc_core.hpc.planning.plan import PlannedScheduler, SchedulerPlan
from torc_core.operations.slurm.plan_file import PlanRequest, plan_allocations
from torc_core.spec import SpecFile
from torc_core.spec.annotate.annotate import annotate
from torc_core.spec.load import format_of
from torc_core.spec.problems import shown
from torc_core.units import counted


class Generated(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow file with its allocations."""

    file: SpecFile
    plan: SchedulerPlan

    def record(self) -> Any:
        """Return the content of the file for programs, as the reference prints it."""
        _, tree = self.file.read()
        return json.loads(json.dumps(tree))  # numbers without their spelling

    def summary(self, output_file: str) -> dict[str, Any]:
        """Return for programs what was written where."""
        return {
            "status": "success",
            "output_file": output_file,
            "schedulers": len(self.plan.schedulers),
            "allocations": self.plan.allocations,
            "node_hours": round(self.plan.node_hours, 3),
        }

    @property
    def sentence(self) -> str:
        """What was planned."""
        plan = self.plan
        return (
            f"{counted(len(plan.schedulers), 'scheduler')} for {plan.profile_display_name}: "
            f"{counted(plan.allocations, 'allocation')}, at most {plan.node_hours:,.1f} node-hours."
        )


def generate(file: SpecFile, settings: HpcSettings, request: PlanRequest) -> Generated:
    """Return a workflow file with schedulers and requests for nodes, otherwise as it is.

    Raises:
        SpecError: The file has problems, or a form into which they cannot be written.
        ConflictError: The workflow has schedulers, or requests nodes, and is not to be overwritten.
        NotFoundError: There is no such profile, or none for this machine.
        UsageError: There are jobs without requirements, or that no partition is large enough for;
            no account is named; a value cannot be what it is.
    """
    # Jobs that are too large for the schedulers of the file get others, or an error of the plan.
    spec = file.expand(skip_checks=True)
    plan = plan_allocations(spec, settings, request)
    text = annotate(file, plan.scheduling)
    return Generated(file=msgspec.structs.replace(file, text=text), plan=plan)


def check_format(file: SpecFile, output: str) -> None:
    """Refuse the name of a file in another format: the format stays.

    Raises:
        UsageError: It ends as those of another format do.
    """
    format_name, _ = file.read()
    if format_of(output) not in {None, format_name}:
        raise UsageError(
            f"{shown(output)} has another format than {file.source}, which is "
            f"{format_name.upper()}.",
            hint="Generate it in its own format, then: torc workflows convert FILE --to FORMAT",
        )


def plan_record(plan: SchedulerPlan) -> dict[str, Any]:
    """Return a plan for programs, as the reference prints it, and how it came about."""
    return {
        "dry_run": True,
        "scheduler_count": len(plan.schedulers),
        "action_count": len(plan.actions),
        "profile_name": plan.profile_name,
        "profile_display_name": plan.profile_display_name,
        "slurm_schedulers": plan.scheduling.scheduler_fields(),
        "actions": [planned.action.fields() for planned in plan.actions],
        "warnings": list(plan.warnings),
        "allocations": plan.allocations,
        "node_hours": round(plan.node_hours, 3),
        "planned_schedulers": [_scheduler_record(each) for each in plan.schedulers],
    }


def _scheduler_record(planned: PlannedScheduler) -> dict[str, Any]:
    return {
        "name": planned.record.name,
        "partition": planned.partition,
        "why": planned.why,
        "num_jobs": planned.num_jobs,
        "jobs_at_once": planned.jobs_at_once,
        "rounds": planned.rounds,
        "allocations": planned.allocations,
        "nodes": planned.record.nodes,
        "walltime_seconds": planned.walltime_s,
        "node_hours": round(planned.node_hours, 3),
    }
