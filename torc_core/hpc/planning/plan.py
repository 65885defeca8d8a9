"""Schedulers and requests for allocations, from what jobs need and what an HPC system has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from torc_core.hpc.planning.entries import PlanEntry
from torc_core.hpc.planning.groups import Group, larger, make_groups
from torc_core.hpc.planning.names import assignments, scheduler_names
from torc_core.hpc.planning.options import PlanOptions
from torc_core.hpc.planning.sizing import (
    Load,
    NodeRequest,
    Shape,
    allocations_for,
    format_memory,
    format_walltime,
    lost_s,
    make_shape,
    node_request,
    widened,
)
from torc_core.hpc.profiles.profile import Origin, Profile
from torc_core.model.action import TriggerType
from torc_core.resources import Requirements
from torc_core.spec.annotate.scheduling import NodeAction, Scheduling
from torc_core.spec.expanded import ExpandedSlurmScheduler
from torc_core.spec.problems import shown
from torc_core.units import format_seconds

_MANY_ALLOCATIONS = 50
_SHORT_S = 3_600
_CPUS_CHOSEN = frozenset({"cpus-per-task", "ntasks-per-node", "ntasks", "exclusive"})
"""Options of sbatch that say how many CPUs an allocation has."""


class PlannedScheduler(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of allocation, and what for."""

    record: ExpandedSlurmScheduler
    """As a workflow file or a server stores it."""
    partition: str
    """Where the allocations are meant to be; the record names it only where that is needed."""
    why: str
    """Why this partition, a sentence."""
    num_jobs: int
    jobs_at_once: int
    """How many of the largest jobs an allocation runs side by side."""
    rounds: int
    """How often the longest jobs follow each other within the walltime."""
    allocations: int
    """Of all actions together."""
    walltime_s: int

    @property
    def node_hours(self) -> float:
        """What all allocations take if each of them lasts its whole walltime."""
        return self.allocations * self.record.nodes * self.walltime_s / 3_600


class PlannedAction(msgspec.Struct, frozen=True, kw_only=True):
    """A request for allocations."""

    action: NodeAction
    entries: tuple[int, ...]
    """Positions of the entries whose jobs they are for."""


class SchedulerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Which allocations a workflow needs, and when they are requested."""

    profile_name: str
    profile_display_name: str
    schedulers: tuple[PlannedScheduler, ...]
    actions: tuple[PlannedAction, ...]
    """In the order of their stages; empty if none are wanted."""
    scheduler_of: tuple[str, ...]
    """For each entry of the plan the name of its scheduler."""
    scheduling: Scheduling
    """The same for a workflow file."""
    warnings: tuple[str, ...] = ()

    @property
    def node_hours(self) -> float:
        """What all allocations take if each of them lasts its whole walltime."""
        return sum(scheduler.node_hours for scheduler in self.schedulers)

    @property
    def allocations(self) -> int:
        """How many allocations are requested in all."""
        return sum(scheduler.allocations for scheduler in self.schedulers)


def make_plan(
    entries: Sequence[PlanEntry],
    requirements: Mapping[str, Requirements],
    profile: Profile,
    options: PlanOptions,
    *,
    buffer_s: int,
    defaults: Mapping[str, object],
) -> SchedulerPlan:
    """Return the allocations for jobs.

    Args:
        entries: The jobs.
        requirements: What jobs need, by name.
        profile: The HPC system.
        options: What the user wants.
        buffer_s: How long before the end of an allocation its runner stops.
        defaults: The `slurm_defaults` of the workflow: options for every allocation.

    Raises:
        UsageError: There are jobs without requirements, or that no partition is large enough for.
    """
    groups = make_groups(entries, requirements, profile, options.group_by, buffer_s)
    names = scheduler_names(groups, entries)
    schedulers: list[PlannedScheduler] = []
    actions: list[tuple[int, PlannedAction]] = []
    scheduler_of = [""] * len(entries)
    warnings: list[str] = []
    for group, name in zip(groups, names, strict=True):
        sized = _size(group, entries, requirements, options, buffer_s)
        if options.single_allocation:
            warnings += _warn_of_width(name, sized)
        planned = _scheduler(name, group, sized, profile, options, defaults)
        warnings += _warn_of_allocations(planned, sized, buffer_s)
        schedulers.append(planned)
        actions += _actions(name, sized, entries)
        for member in group.members:
            scheduler_of[member] = name
    staged = tuple(planned for _, planned in sorted(actions, key=lambda each: each[0]))
    kept = staged if options.with_actions else ()
    return SchedulerPlan(
        profile_name=profile.name,
        profile_display_name=profile.display_name,
        schedulers=tuple(schedulers),
        actions=kept,
        scheduler_of=tuple(scheduler_of),
        scheduling=Scheduling(
            schedulers=tuple(planned.record for planned in schedulers),
            actions=tuple(planned.action for planned in kept),
            assignments=assignments(entries, scheduler_of),
        ),
        warnings=tuple(warnings),
    )


class _Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs of a group that become ready together."""

    number: int
    members: tuple[int, ...]
    loads: tuple[Load, ...]
    allocations: int


class _Sized(msgspec.Struct, frozen=True, kw_only=True):
    """The allocations of a group."""

    shape: Shape
    largest: Requirements
    stages: tuple[_Stage, ...]
    wanted: tuple[int, ...]
    """For each stage the allocations of the least width that would do."""
    request: NodeRequest


def _size(
    group: Group,
    entries: Sequence[PlanEntry],
    requirements: Mapping[str, Requirements],
    options: PlanOptions,
    buffer_s: int,
) -> _Sized:
    needs = {member: requirements[str(entries[member].requirements)] for member in group.members}
    largest = next(iter(needs.values()))
    for other in needs.values():
        largest = larger(largest, other)
    by_stage: dict[int, list[int]] = {}
    for member in group.members:
        by_stage.setdefault(entries[member].stage, []).append(member)
    loads = {
        number: [Load(needs=needs[member], count=entries[member].count) for member in members]
        for number, members in sorted(by_stage.items())
    }
    shape = make_shape(group.partition, largest, options, buffer_s)
    wanted = [allocations_for(shape, each) for each in loads.values()]
    if options.single_allocation:
        shape = widened(shape, max(wanted))
    stages = tuple(
        _Stage(
            number=number,
            members=tuple(by_stage[number]),
            loads=tuple(each),
            allocations=allocations_for(shape, each),
        )
        for number, each in loads.items()
    )
    return _Sized(
        shape=shape,
        largest=largest,
        stages=stages,
        wanted=tuple(wanted),
        request=node_request(shape, [(stage.loads, stage.allocations) for stage in stages]),
    )


def _scheduler(
    name: str,
    group: Group,
    sized: _Sized,
    profile: Profile,
    options: PlanOptions,
    defaults: Mapping[str, object],
) -> PlannedScheduler:
    shape, request = sized.shape, sized.request
    stated = {option.replace("_", "-") for option in defaults}
    is_built_in = profile.origin is Origin.BUILT_IN
    # The built-in systems choose the partition from what is asked for. Elsewhere Slurm takes the
    # cluster's default partition, whatever is asked for.
    is_named = group.partition.requires_explicit_request or not is_built_in
    record = ExpandedSlurmScheduler(
        name=name,
        account=options.account,
        partition=group.partition.name if is_named else None,
        nodes=shape.nodes,
        walltime=format_walltime(shape.walltime_s),
        mem=None if request.memory_mb is None else format_memory(request.memory_mb),
        gres=f"gpu:{request.num_gpus}" if request.num_gpus else None,
        qos=None if "qos" in stated else group.partition.default_qos,
        extra=None if stated & _CPUS_CHOSEN else _cpu_option(request, is_built_in=is_built_in),
    )
    return PlannedScheduler(
        record=record,
        partition=group.partition.name,
        why=group.why,
        num_jobs=sum(load.count for stage in sized.stages for load in stage.loads),
        jobs_at_once=shape.at_once(sized.largest),
        rounds=shape.rounds(sized.largest),
        allocations=sum(stage.allocations for stage in sized.stages),
        walltime_s=shape.walltime_s,
    )


def _cpu_option(request: NodeRequest, *, is_built_in: bool) -> str | None:
    """Return the option without which Slurm gives one CPU of a node; None if it gives the node.

    Nodes of the built-in systems are whole by themselves where they are not shared. What others
    call not shared may be a habit only.
    """
    if request.num_cpus is not None:
        return f"--cpus-per-task={request.num_cpus}"
    return None if is_built_in else "--exclusive"


def _actions(
    name: str, sized: _Sized, entries: Sequence[PlanEntry]
) -> Iterator[tuple[int, PlannedAction]]:
    """Yield the request of each stage, and the number of the stage."""
    for stage in sized.stages:
        members = [entries[member] for member in stage.members]
        action = NodeAction(
            trigger_type=TriggerType.ON_JOBS_READY
            if stage.number
            else TriggerType.ON_WORKFLOW_START,
            scheduler=name,
            num_allocations=stage.allocations,
            start_one_worker_per_node=sized.shape.one_worker_per_node,
            jobs=tuple(job for member in members for job in member.jobs),
            job_name_regexes=tuple(
                member.name_pattern for member in members if member.name_pattern is not None
            ),
        )
        yield stage.number, PlannedAction(action=action, entries=stage.members)


def _warn_of_width(name: str, sized: _Sized) -> Iterator[str]:
    """Say where a single allocation is not what the jobs need."""
    nodes, most = sized.shape.nodes, sized.shape.most_nodes
    if max(stage.allocations for stage in sized.stages) > 1:
        yield (
            f'"{shown(name)}" needs more than the {most:,} nodes that '
            f"an allocation of {sized.shape.partition.name} may have, so there are several."
        )
    if len(set(sized.wanted)) > 1:
        least = min(sized.wanted)
        yield (
            f'All allocations of "{shown(name)}" have {nodes:,} nodes, also those of a stage '
            f"whose jobs need {least:,}; without --single-allocation each stage has its own number."
        )


def _warn_of_allocations(planned: PlannedScheduler, sized: _Sized, buffer_s: int) -> Iterator[str]:
    """Say where a longer walltime would spare many short allocations."""
    usable_s = sized.shape.usable_s
    if planned.allocations <= _MANY_ALLOCATIONS or usable_s >= _SHORT_S:
        return
    runtime_s = max(1, sized.largest.runtime_s)
    multiplier = -(-_SHORT_S // runtime_s)
    if runtime_s * multiplier + lost_s(buffer_s) > sized.shape.partition.max_walltime_secs:
        return
    yield (
        f'"{shown(planned.record.name)}" is {planned.allocations:,} allocations of '
        f"{format_seconds(planned.walltime_s)}, of which {format_seconds(lost_s(buffer_s))} are "
        f"their start and the buffer at their end; --walltime-multiplier {multiplier} asks for "
        "fewer and longer ones."
    )
