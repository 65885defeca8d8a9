"""The execution plan: what starts when, without running anything.

An event is a moment at which jobs become ready: the start, or the end of one set of jobs that
others wait for. Events form a graph of their own; stages are its levels, for people to read.
It needs only names, dependencies and actions, so it works for a file and for a stored workflow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from torc_core import graph
from torc_core.model.action import ActionType, TriggerType
from torc_core.model.compute import SchedulerType
from torc_core.spec.expanded import ExpandedWorkflow

_NAMED_IN_DESCRIPTION = 3
_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})([^0-9]*)", re.DOTALL)


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes that an action asks for."""

    scheduler: str
    scheduler_type: str
    num_allocations: int
    job_names: list[str]


class PlanAction(msgspec.Struct, frozen=True, kw_only=True):
    """An action that schedules nodes; `jobs` are positions, empty for the start."""

    trigger_type: str
    scheduler: str
    scheduler_type: str = SchedulerType.SLURM
    num_allocations: int = 1
    jobs: Sequence[int] = ()


class Event(msgspec.Struct, kw_only=True):
    """A moment at which jobs become ready."""

    id: str
    trigger: dict[str, Any]
    """{"type": "workflow_start"}, or {"type": "jobs_complete", "jobs": [names]}."""
    trigger_description: str
    scheduler_allocations: list[Allocation] = []
    jobs_becoming_ready: list[str]
    depends_on_events: list[str] = []
    unlocks_events: list[str] = []


class ExecutionPlan(msgspec.Struct, kw_only=True):
    """All events, each after those that it depends on."""

    workflow_name: str
    total_events: int
    total_jobs: int
    root_events: list[str]
    leaf_events: list[str]
    events: list[Event]


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Events that are equally far from the start, as one."""

    number: int
    description: str
    allocations: list[Allocation]
    jobs: list[str]


def plan_workflow(workflow: ExpandedWorkflow) -> ExecutionPlan:
    """Return the plan of a workflow file."""
    actions = [
        PlanAction(
            trigger_type=action.trigger_type,
            scheduler=SchedulerType.LOCAL
            if action.scheduler is None
            else workflow.slurm_schedulers[action.scheduler].name,
            scheduler_type=action.scheduler_type or SchedulerType.SLURM,
            num_allocations=action.num_allocations or 1,
            jobs=action.jobs or (),
        )
        for action in workflow.actions
        if action.action_type == ActionType.SCHEDULE_NODES
    ]
    names = [job.name for job in workflow.jobs]
    return make_plan(workflow.name, names, workflow.dependencies(), actions)


def make_plan(
    workflow_name: str,
    names: Sequence[str],
    dependencies: graph.Dependencies,
    actions: Iterable[PlanAction] = (),
) -> ExecutionPlan:
    """Return the plan of any workflow.

    Args:
        workflow_name: Only repeated in the plan.
        names: The names of all jobs.
        dependencies: For each job the positions of all jobs that it waits for; jobs on a cycle
            never become ready and are in no event.
        actions: The actions that schedule nodes.
    """
    level = graph.levels(dependencies)
    waiting: dict[tuple[int, ...], list[int]] = {}
    for job in sorted(range(len(names)), key=level.__getitem__):
        if level[job] >= 0:
            waiting.setdefault(tuple(dependencies[job]), []).append(job)
    sets = list(waiting)
    event_of_job = {job: i for i, jobs in enumerate(waiting.values()) for job in jobs}
    events = [
        Event(
            id=f"event_{i + 1}" if needed else "start",
            trigger=_trigger([names[job] for job in needed]),
            trigger_description=describe_trigger([names[job] for job in needed]),
            jobs_becoming_ready=[names[job] for job in waiting[needed]],
        )
        for i, needed in enumerate(sets)
    ]
    for i, needed in enumerate(sets):
        for before in sorted({event_of_job[job] for job in needed}):
            events[i].depends_on_events.append(events[before].id)
            events[before].unlocks_events.append(events[i].id)
    for action in actions:
        at = _event_of_action(action, sets, event_of_job)
        if at is not None:
            jobs = [names[job] for job in action.jobs] or events[at].jobs_becoming_ready
            events[at].scheduler_allocations.append(
                Allocation(
                    scheduler=action.scheduler,
                    scheduler_type=action.scheduler_type,
                    num_allocations=action.num_allocations,
                    job_names=list(jobs),
                )
            )
    return ExecutionPlan(
        workflow_name=workflow_name,
        total_events=len(events),
        total_jobs=len(names),
        root_events=[event.id for event in events if not event.depends_on_events],
        leaf_events=[event.id for event in events if not event.unlocks_events],
        events=events,
    )


def _trigger(names: list[str]) -> dict[str, Any]:
    return {"type": "jobs_complete", "jobs": names} if names else {"type": "workflow_start"}


def describe_trigger(names: Sequence[str]) -> str:
    """Return when something happens that waits for these jobs, in words."""
    if not names:
        return "Workflow Start"
    if len(names) > _NAMED_IN_DESCRIPTION:
        return f"When {len(names)} jobs complete"
    listed = ", ".join(f"'{name}'" for name in names)
    return f"When jobs {listed} complete" if len(names) > 1 else f"When job {listed} completes"


def _event_of_action(
    action: PlanAction, sets: Sequence[tuple[int, ...]], event_of_job: dict[int, int]
) -> int | None:
    """Return the event at which an action asks for nodes; None if it never does."""
    if action.trigger_type == TriggerType.ON_WORKFLOW_START:
        return 0 if sets else None
    places = [event_of_job[job] for job in action.jobs if job in event_of_job]
    if not places:
        return None
    if action.trigger_type == TriggerType.ON_JOBS_COMPLETE:
        completed = set(action.jobs)
        return next((i for i, needed in enumerate(sets) if completed <= set(needed)), max(places))
    return max(places)


def stages(plan: ExecutionPlan) -> list[Stage]:
    """Return the plan in stages: all events of one level together."""
    level: dict[str, int] = {}
    by_level: dict[int, list[Event]] = {}
    for event in plan.events:
        level[event.id] = 1 + max((level[before] for before in event.depends_on_events), default=-1)
        by_level.setdefault(level[event.id], []).append(event)
    return [
        Stage(
            number=number + 1,
            description=describe_trigger(
                list(dict.fromkeys(n for event in events for n in event.trigger.get("jobs", ())))
            ),
            allocations=[a for event in events for a in event.scheduler_allocations],
            jobs=[name for event in events for name in event.jobs_becoming_ready],
        )
        for number, events in sorted(by_level.items())
    ]


def shorten_names(names: Iterable[str]) -> list[str]:
    """Return names with runs of numbers folded, such as work_{1..5}; the order is kept."""
    last_run: dict[tuple[str, str], list[str]] = {}
    runs: list[tuple[str, list[str], str]] = []
    for name in names:
        match = _NUMBERED.fullmatch(name)
        before, digits, after = match.groups() if match else (name, "", "")
        run = last_run.get((before, after))
        if digits and run and digits == str(int(run[-1]) + 1).zfill(len(run[-1])):
            run.append(digits)
        else:
            last_run[before, after] = [digits]
            runs.append((before, last_run[before, after], after))
    return [
        f"{before}{{{run[0]}..{run[-1]}}}{after}" if len(run) > 1 else f"{before}{run[0]}{after}"
        for before, run, after in runs
    ]
