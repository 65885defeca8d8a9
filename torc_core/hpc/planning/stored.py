"""The jobs of a stored workflow that are left to run, as a plan sees them. Pure.

The server keeps jobs, and not the entries of a file. So entries are the jobs that share their
requirements and their stage: those of stage 0 wait for nothing that is left, and those of a stage
wait only for stages before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, count

import msgspec

from torc_core import graph
from torc_core.hpc.planning.entries import PlanEntry
from torc_core.hpc.planning.plan import PlannedAction, SchedulerPlan
from torc_core.limits import NAME
from torc_core.model.action import TriggerType
from torc_core.model.ids import JobId, RequirementsId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import DEFAULT_REQUIREMENTS, ResourceRequirements
from torc_core.model.status import SETTLED, JobStatus

PLANNED = frozenset({JobStatus.UNINITIALIZED, JobStatus.READY, JobStatus.BLOCKED})
"""Statuses of the jobs that no worker has begun."""
_DEFERRED = "_deferred"
_TAG = re.compile(rf"_r(?P<run>\d+)_(?P<call>[a-z0-9]+)(?:{_DEFERRED})?(?:_\d+)?$")


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs of a stored workflow that a plan treats alike."""

    entry: PlanEntry
    jobs: tuple[JobId, ...]


def left_entries(
    jobs: Sequence[Job],
    dependencies: graph.Dependencies,
    names: Mapping[RequirementsId, str],
    included: Collection[JobId] = (),
    statuses: Collection[JobStatus] = PLANNED,
) -> tuple[StoredEntry, ...]:
    """Return the jobs that are left to run, by requirements and stage.

    Args:
        jobs: All jobs of the workflow.
        dependencies: For each of them the positions of those that it depends on.
        names: What requirements are called, by id, see `requirements_names`.
        included: Jobs that are going to run whatever their status is.
        statuses: Those of the jobs that are going to run.
    """
    chosen = [job.status in statuses or job.id in included for job in jobs]
    is_open = [
        is_chosen or job.status not in SETTLED for job, is_chosen in zip(jobs, chosen, strict=True)
    ]
    found: dict[tuple[str | None, int], list[JobId]] = {}
    unstated: list[StoredEntry] = []
    levels = graph.levels(_among_open(dependencies, is_open))
    for job, is_chosen, level in zip(jobs, chosen, levels, strict=True):
        if not is_chosen:
            continue
        stage = _stage(job, level)
        requirements = names.get(job.resource_requirements_id or RequirementsId(0))
        if requirements is None:
            unstated.append(_entry(len(unstated), job.name, None, stage, (id_of(job),)))
        else:
            found.setdefault((requirements, stage), []).append(id_of(job))
    return (
        *unstated,
        *(
            _entry(number, str(requirements), requirements, stage, tuple(members))
            for number, ((requirements, stage), members) in enumerate(
                found.items(), start=len(unstated)
            )
        ),
    )


def _among_open(dependencies: graph.Dependencies, is_open: Sequence[bool]) -> graph.Dependencies:
    """Return the dependencies on jobs that have not ended; what was one object still is."""
    kept: dict[int, tuple[int, ...]] = {}
    found = []
    for needed in dependencies:
        if id(needed) not in kept:
            kept[id(needed)] = tuple(each for each in needed if is_open[each])
        found.append(kept[id(needed)])
    return found


def _stage(job: Job, level: int) -> int:
    """Return when a job can run; the server knows best whether that is now."""
    if job.status is JobStatus.READY:
        return 0
    return max(level, 1) if job.status is JobStatus.BLOCKED else level


def _entry(
    number: int, name: str, requirements: str | None, stage: int, jobs: tuple[JobId, ...]
) -> StoredEntry:
    entry = PlanEntry(
        entry=number,
        name=name,
        count=len(jobs),
        requirements=requirements,
        has_dependencies=stage > 0,
        stage=stage,
    )
    return StoredEntry(entry=entry, jobs=jobs)


def requirements_names(records: Iterable[ResourceRequirements]) -> dict[RequirementsId, str]:
    """Return a name for each set of requirements; no two are equal.

    The server's default stands for jobs that state none, and has no name.
    """
    found: dict[RequirementsId, str] = {}
    taken: set[str] = set()
    for each in records:
        if each.name == DEFAULT_REQUIREMENTS:
            continue
        wanted = chain([each.name], (f"{each.name}_{number}" for number in count(2)))
        found[id_of(each)] = next(name for name in wanted if name not in taken)
        taken.add(found[id_of(each)])
    return found


class Tag(msgspec.Struct, frozen=True):
    """What schedulers have in their names that were planned together for a workflow that exists."""

    run_id: int
    call: str
    """Lower-case letters and digits."""

    @property
    def text(self) -> str:
        """What is in the names."""
        return f"_r{self.run_id}_{self.call}"


def read_tag(name: str | None) -> Tag | None:
    """Return the tag in the name of a scheduler; None if there is none."""
    found = _TAG.search(name or "")
    return None if found is None else Tag(int(found["run"]), found["call"])


def tagged(plan: SchedulerPlan, tag: Tag) -> SchedulerPlan:
    """Return a plan whose schedulers are called after a tag, so that they are found again.

    They end with `_deferred` if all of their jobs wait for others.
    """
    at_once = {
        each.action.scheduler
        for each in plan.actions
        if each.action.trigger_type == TriggerType.ON_WORKFLOW_START
    }
    names: dict[str, str] = {}
    for planned in plan.schedulers:
        name = planned.record.name
        end = tag.text + ("" if name in at_once else _DEFERRED)
        base = name.replace(f"{_DEFERRED}_scheduler", "_scheduler")[: NAME - len(end) - 6]
        wanted = chain([f"{base}{end}"], (f"{base}{end}_{number}" for number in count(2)))
        names[name] = next(each for each in wanted if each not in names.values())
    return msgspec.structs.replace(
        plan,
        schedulers=tuple(
            msgspec.structs.replace(
                each, record=msgspec.structs.replace(each.record, name=names[each.record.name])
            )
            for each in plan.schedulers
        ),
        actions=tuple(_renamed(each, names) for each in plan.actions),
        scheduler_of=tuple(names[each] for each in plan.scheduler_of),
    )


def _renamed(planned: PlannedAction, names: Mapping[str, str]) -> PlannedAction:
    name = names[planned.action.scheduler]
    return msgspec.structs.replace(
        planned, action=msgspec.structs.replace(planned.action, scheduler=name)
    )
