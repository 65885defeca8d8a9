"""The execution plan of a file or of a stored workflow."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from torc_core import graph
from torc_core.client import TorcClient, every_item
from torc_core.model.artifact import JobFileRelationship, JobUserDataRelationship
from torc_core.model.ids import JobId, WorkflowId
from torc_core.spec import load_workflow
from torc_core.spec.plan import (
    ExecutionPlan,
    PlanAction,
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

    def record(self) -> dict[str, Any]:
        """Return the plan for programs, as the reference prints it."""
        record: dict[str, Any] = {"status": "success", "source": self.source}
        if self.workflow_id is not None:
            record["workflow_id"] = self.workflow_id
        record |= msgspec.to_builtins(self.plan)
        return record

    def lines(self) -> dict[str, object]:
        """Return the plan for people, as names and values: one line per stage."""
        lines: dict[str, object] = {
            "workflow": self.plan.workflow_name,
            "jobs": self.plan.total_jobs,
            "events": self.plan.total_events,
        }
        for stage in stages(self.plan):
            allocations = "".join(
                f" [{item.num_allocations} allocations of {item.scheduler}]"
                for item in stage.allocations
            )
            ready = ", ".join(shorten_names(stage.jobs))
            lines[f"stage {stage.number}"] = f"{stage.description}{allocations}: {ready}"
        return lines


def plan_of_file(path: Path) -> Plan:
    """Return the plan of a workflow file.

    Raises:
        SpecError: The file is wrong.
    """
    return Plan(plan=plan_workflow(load_workflow(path)), source="spec_file")


def plan_of_workflow(client: TorcClient, workflow_id: WorkflowId) -> Plan:
    """Return the plan of a stored workflow, initialized or not.

    Raises:
        NotFoundError: There is no such workflow.
    """
    workflow = client.get_workflow(workflow_id)
    jobs = list(every_item(client.list_jobs, workflow_id, sort_by="id"))
    place = {job.id: index for index, job in enumerate(jobs)}
    upstream: defaultdict[int, set[int]] = defaultdict(set)
    for edge in every_item(client.list_job_dependencies, workflow_id):
        upstream[place[edge.job_id]].add(place[edge.depends_on_job_id])
    files = every_item(client.list_job_file_relationships, workflow_id)
    data = every_item(client.list_job_user_data_relationships, workflow_id)
    for link in chain[JobFileRelationship | JobUserDataRelationship](files, data):
        if link.producer_job_id is not None and link.consumer_job_id is not None:
            upstream[place[link.consumer_job_id]].add(place[link.producer_job_id])
    dependencies: graph.Dependencies = [
        tuple(sorted(upstream[index])) for index in range(len(jobs))
    ]
    names = [job.name for job in jobs]
    actions = _scheduling_actions(client, workflow_id, place)
    plan = make_plan(workflow.name, names, dependencies, actions)
    return Plan(plan=plan, source="database", workflow_id=workflow_id)


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
            jobs=[place[job_id] for job_id in action.job_ids or ()],
        )
        for action in client.get_workflow_actions(workflow_id)
        if action.action_type == "schedule_nodes"
    ]
