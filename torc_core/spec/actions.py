"""Actions of a workflow file: which fields belong together."""

from __future__ import annotations

from torc_core.model.action import JOB_TRIGGERS, ActionType, is_persistent
from torc_core.model.compute import SchedulerType
from torc_core.spec.expanded import ExpandedAction
from torc_core.spec.problems import Problems
from torc_core.spec.resolve import Origin, Resolver
from torc_core.spec.schema import ActionSpec

_FIELDS_OF_TYPE = {
    ActionType.RUN_COMMANDS: ("commands",),
    ActionType.SCHEDULE_NODES: (
        "scheduler",
        "scheduler_type",
        "num_allocations",
        "start_one_worker_per_node",
        "max_parallel_jobs",
    ),
}


def build_action(action: ActionSpec, resolver: Resolver, problems: Problems) -> ExpandedAction:
    """Return an action with the jobs and the scheduler that it names; note what is wrong."""
    known = len(problems.errors)
    names_jobs = bool(action.jobs or action.job_name_regexes)
    jobs = resolver.positions(
        "jobs",
        action.jobs or (),
        action.job_name_regexes or (),
        Origin(action, "jobs", "job_name_regexes"),
    )
    if action.trigger_type in JOB_TRIGGERS and not jobs and len(problems.errors) == known:
        _refuse_jobless(action, resolver, problems)
    _check_fields(action, problems)
    for i, command in enumerate(action.commands or ()):
        resolver.warn_unfilled((*action.place, "commands", i), command)
    scheduler_type = action.scheduler_type
    scheduler = None
    if action.action_type == ActionType.SCHEDULE_NODES:
        scheduler_type = scheduler_type or SchedulerType.SLURM
        if scheduler_type == SchedulerType.SLURM and action.scheduler:
            scheduler = resolver.find(
                "slurm_schedulers", action.scheduler, (*action.place, "scheduler")
            )
        elif scheduler_type != SchedulerType.SLURM:
            problems.warn(
                (*action.place, "scheduler_type"), "no runner requests nodes but those of Slurm"
            )
    return ExpandedAction(
        trigger_type=action.trigger_type,
        action_type=action.action_type,
        jobs=jobs if names_jobs else None,
        commands=action.commands or (),
        scheduler=scheduler,
        scheduler_type=scheduler_type,
        num_allocations=action.num_allocations,
        start_one_worker_per_node=action.start_one_worker_per_node,
        max_parallel_jobs=action.max_parallel_jobs,
        persistent=is_persistent(action.trigger_type, action.persistent),
    )


def _refuse_jobless(action: ActionSpec, resolver: Resolver, problems: Problems) -> None:
    """Refuse a trigger on jobs without any: it is never due."""
    if not (action.jobs or action.job_name_regexes):
        problems.add(
            action.place,
            f"{action.trigger_type} needs jobs or job_name_regexes; without them it is never due",
        )
    elif resolver.knows_all("jobs"):
        problems.add(
            (*action.place, "job_name_regexes"),
            f"{action.trigger_type} is never due: it matches no job",
        )


def _check_fields(action: ActionSpec, problems: Problems) -> None:
    """Note fields that the type of action needs, and those that it does not know."""
    if action.action_type == ActionType.RUN_COMMANDS and not action.commands:
        problems.add(action.place, "run_commands needs commands")
    elif action.action_type == ActionType.SCHEDULE_NODES and not (
        action.scheduler or action.scheduler_type == SchedulerType.LOCAL
    ):
        problems.add(action.place, "schedule_nodes needs a scheduler")
    for action_type, names in _FIELDS_OF_TYPE.items():
        if action.action_type and action_type != action.action_type:
            for name in names:
                if getattr(action, name) is not None:
                    problems.warn(
                        (*action.place, name), f"{action.action_type} does not use this field"
                    )
