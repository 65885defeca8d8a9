"""The execution plan of a file or of a stored workflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.model.ids import JobId, WorkflowId
from torc_core.operations.lifecycle.reinitialize import check_reinitialize
from torc_core.operations.lifecycle.reruns import Rerun
from torc_core.spec import ExpandedWorkflow, read_spec
from torc_core.spec.plan import (
    ExecutionPlan,
    PlanAction,
    Stage,
    make_plan,
    plan_workflow,
    shorten_names,
    stages,
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An execution plan, and what it was made from."""

    plan: ExecutionPlan
    source: str
    """`spec_file` or `database`."""
    workflow_id: WorkflowId | None = None
    jobs: list[Rerun] | None = None
    """Whether each job of a stored workflow would run again, and why."""
    is_initialized: bool = False

    def record(self) -> dict[str, Any]:
        """Return the plan for programs, as the reference prints it."""
        record: dict[str, Any] = {"status": "success", "source": self.source}
        if self.workflow_id is not None:
            record["workflow_id"] = self.workflow_id
        record |= msgspec.to_builtins(self.plan)
        if self.jobs is not None:
            record["jobs"] = [job.record() for job in self.jobs]
        return record

    def text(self) -> str:
        """Return the plan for people."""
        found = stages(self.plan)
        blocks = [
            [f"Workflow: {self.plan.workflow_name}", f"Total Jobs: {self.plan.total_jobs:,}"],
            *(_stage_lines(stage) for stage in found),
            [f"Total Stages: {len(found)}"],
        ]
        if self.jobs is not None and self.is_initialized:
            blocks.append(list(_rerun_lines(self.jobs)))
        return "\n\n".join("\n".join(block) for block in blocks)


def plan_of_file(path: Path, *, skip_checks: bool = False) -> Plan:
    """Return the plan of a workflow file.

    Args:
        path: The file.
        skip_checks: Accept jobs that need more nodes or time than their scheduler has.

    Raises:
        SpecError: The file is wrong.
    """
    return plan_of_spec(read_spec(path).expand(skip_checks=skip_checks))


def plan_of_spec(spec: ExpandedWorkflow) -> Plan:
    """Return the plan of a workflow that has been expanded."""
    return Plan(plan=plan_workflow(spec), source="spec_file")


def plan_of_workflow(client: TorcClient, workflow_id: WorkflowId) -> Plan:
    """Return the plan of a stored workflow, initialized or not.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = client.get_workflow(workflow_id)
    check = check_reinitialize(client, workflow)
    jobs, dependencies = check.graph
    place = {job.id: index for index, job in enumerate(jobs)}
    actions = _scheduling_actions(client, workflow_id, place)
    return Plan(
        plan=make_plan(workflow.name, [job.name for job in jobs], dependencies, actions),
        source="database",
        workflow_id=workflow_id,
        jobs=check.jobs,
        is_initialized=not client.is_workflow_uninitialized(workflow_id),
    )


def _stage_lines(stage: Stage) -> list[str]:
    sign = "▶" if stage.number == 1 else "→"
    lines = [f"{sign} Stage {stage.number}: {stage.description}"]
    if stage.allocations:
        lines.append("  Scheduler Allocations:")
    for item in stage.allocations:
        asked = f"{item.num_allocations} allocation(s)"
        lines.append(f"    • {item.scheduler} ({item.scheduler_type}) - {asked}")
    names = shorten_names(stage.jobs)
    return [*lines, "  Jobs Becoming Ready:", *(f"    • {name}" for name in names)]


def _rerun_lines(jobs: list[Rerun]) -> Iterator[str]:
    """Yield which jobs would run again, those with the same reasons together."""
    names: dict[tuple[str, ...], list[str]] = {}
    for job in jobs:
        if job.reruns:
            names.setdefault(job.reasons, []).append(job.name)
    if not names:
        yield "A reinitialize would run no job again."
        return
    yield "A reinitialize would run again:"
    for reasons, named in names.items():
        yield f"  • {', '.join(shorten_names(named))}: {'; '.join(reasons)}"


def _scheduling_actions(
    client: TorcClient, workflow_id: WorkflowId, place: dict[JobId | None, int]
) -> list[PlanAction]:
    schedulers = {
        item.id: item.name for item in every_item(client.list_slurm_schedulers, workflow_id)
    }
    return [
        PlanAction(
            trigger_type=action.trigger_type,
            scheduler=schedulers.get(action.action_config.get("scheduler_id")) or "local",
            scheduler_type=action.action_config.get("scheduler_type", "slurm"),
            num_allocations=action.action_config.get("num_allocations", 1),
            jobs=[place[job_id] for job_id in action.job_ids or () if job_id in place],
        )
        for action in client.get_workflow_actions(workflow_id)
        if action.action_type == "schedule_nodes"
    ]
