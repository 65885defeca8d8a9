"""Adding a plan's schedulers and actions to a workflow."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from torc_core.hpc.planning.plan import SchedulerPlan
from torc_core.model.action import ActionType, requests_slurm_nodes
from torc_core.model.compute import SchedulerType
from torc_core.spec.annotate.scheduling import NodeAction, Scheduling
from torc_core.spec.expanded import ExpandedAction, ExpandedJob, ExpandedWorkflow
from torc_core.spec.patterns import Haystack, compile_pattern


def apply_plan(workflow: ExpandedWorkflow, plan: SchedulerPlan) -> ExpandedWorkflow:
    """Return the workflow with the schedulers of a plan, in place of those that it has."""
    scheduling = plan.scheduling
    kept = (
        action
        for action in workflow.actions
        if not requests_slurm_nodes(action.action_type, action.scheduler_type)
    )
    return msgspec.structs.replace(
        workflow,
        jobs=tuple(_assigned(workflow, scheduling)),
        slurm_schedulers=scheduling.schedulers,
        actions=(*_expanded(workflow, scheduling), *kept),
    )


def _assigned(workflow: ExpandedWorkflow, scheduling: Scheduling) -> Iterator[ExpandedJob]:
    """Yield the jobs, each with its scheduler."""
    jobs = iter(workflow.jobs)
    for entry, text in zip(workflow.job_entries, scheduling.assignments, strict=True):
        # A name with parameters begins with that of the requirements, see `SchedulerPlan`.
        suffix = text.removeprefix(entry.resource_requirements or "") if "{" in text else None
        for _ in range(entry.num_jobs):
            job = next(jobs)
            name = text
            if suffix is not None and job.resource_requirements is not None:
                needs = workflow.resource_requirements[job.resource_requirements]
                name = f"{needs.name}{suffix}"
            yield msgspec.structs.replace(job, scheduler=name)


def _expanded(workflow: ExpandedWorkflow, scheduling: Scheduling) -> Iterator[ExpandedAction]:
    """Yield the requests for nodes with the jobs and schedulers that they name."""
    schedulers = {each.name: number for number, each in enumerate(scheduling.schedulers)}
    names = [job.name for job in workflow.jobs]
    numbers = {name: number for number, name in enumerate(names)}
    haystack = Haystack(names)
    for action in scheduling.actions:
        yield ExpandedAction(
            trigger_type=str(action.trigger_type),
            action_type=ActionType.SCHEDULE_NODES,
            jobs=_jobs(action, numbers, haystack),
            scheduler=schedulers[action.scheduler],
            scheduler_type=SchedulerType.SLURM,
            num_allocations=action.num_allocations,
            start_one_worker_per_node=action.start_one_worker_per_node or None,
        )


def _jobs(
    action: NodeAction, numbers: dict[str, int], haystack: Haystack
) -> tuple[int, ...] | None:
    if not (action.jobs or action.job_name_regexes):
        return None
    found = {numbers[name] for name in action.jobs}
    for pattern in action.job_name_regexes:
        found.update(haystack.matching(compile_pattern(pattern)))
    return tuple(sorted(found))
