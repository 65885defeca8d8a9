"""Slurm schedulers of a workflow file: their accounts, and whether jobs fit into them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from torc_core.errors import UsageError
from torc_core.model.execution import WORKER_START_S
from torc_core.model.workflow import SortMethod
from torc_core.spec.expanded import ExpandedJob
from torc_core.spec.fields import walltime_seconds
from torc_core.spec.problems import Path, Problems, shown
from torc_core.spec.schema import NamedSpec, WorkflowSpec
from torc_core.units import format_seconds, parse_duration, parse_memory, parse_node_memory

_DEFAULT_MEMORY, _DEFAULT_RUNTIME, _DEFAULT_WALLTIME = "1m", "PT1H", "01:00:00"
_MOST_NAMED = 3
"""For how many schedulers an error says why a job does not fit."""

OR_ACCEPT = ", or accept it with --skip-checks"
"""What a command can do about a job that does not fit."""

_PROFILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "memory (mem)": lambda values: values.get("mem"),
    "GPUs (gres)": lambda values: values.get("gres"),
    "walltime": lambda values: walltime_seconds(values.get("walltime", _DEFAULT_WALLTIME)),
    "partition": lambda values: values.get("partition"),
}
"""By what schedulers differ such that it matters which jobs they take."""


def named_schedulers(spec: WorkflowSpec, problems: Problems) -> list[NamedSpec]:
    """Return the schedulers with a name, each with an account, if need be the default one."""
    default = (spec.settings.get("slurm_defaults") or {}).get("account")
    found = []
    for item in spec.slurm_schedulers:
        if not item.name:
            problems.warn(item.place, "has no name and is left out")
            continue
        values = {"account": default, **item.values}
        if values["account"] is None:
            problems.add(item.place, 'the field "account" is missing')
        found.append(NamedSpec(place=item.place, name=item.name, values=values))
    return found


def check_fit(
    jobs: Iterable[tuple[Path, ExpandedJob]],
    spec: WorkflowSpec,
    schedulers: Sequence[NamedSpec],
    problems: Problems,
    *,
    buffer_s: float,
    accepts_misfits: bool,
) -> None:
    """Note jobs that do not fit into an allocation of their scheduler: in nodes, memory or time.

    Those that name none have to fit into an allocation of any that is requested.

    Args:
        jobs: Each job and the place of its entry; those with unknown names lack them.
        spec: The file: what jobs need, and whose allocations actions request.
        schedulers: The schedulers of the file.
        problems: Gets what does not fit.
        buffer_s: How long before the end of an allocation its runner stops. It claims no job that
            would still be running then, so one that is too long never starts.
        accepts_misfits: They are warnings, not errors.
    """
    known = {item.name: (item,) for item in schedulers}
    names = {action.scheduler for action in spec.actions}
    requested = tuple(item for item in schedulers if item.name in names)
    seen: set[tuple[Path, str | None, int]] = set()
    for entry, job in jobs:
        number = job.resource_requirements
        if number is None or (entry, job.scheduler, number) in seen:
            continue
        seen.add((entry, job.scheduler, number))
        allowed = requested if job.scheduler is None else known.get(job.scheduler, ())
        misfits = [
            list(_misfits(job.name, spec.resource_requirements[number], scheduler, buffer_s))
            for scheduler in allowed
        ]
        if not misfits or not all(misfits):
            continue
        place = (*entry, "scheduler") if job.scheduler else entry
        for misfit in misfits[0] if len(misfits) == 1 else [_in_one(misfits)]:
            if accepts_misfits:
                problems.warn(place, misfit)
            else:
                problems.add(place, f"{misfit}{OR_ACCEPT}")


def _in_one(misfits: Sequence[Sequence[str]]) -> str:
    """Return in one sentence why a job fits into an allocation of none of several schedulers."""
    return "; ".join(first for first, *_ in misfits[:_MOST_NAMED])


def _misfits(
    job: str, requirements: NamedSpec, scheduler: NamedSpec, buffer_s: float
) -> Iterator[str]:
    """Yield why a job does not fit into an allocation, and what to change."""
    needs, offer = requirements.values, scheduler.values
    name, of = f'"{shown(job)}"', f'"{shown(scheduler.name)}"'
    nodes, most = needs.get("num_nodes", 1), offer.get("nodes", 1)
    if nodes > most:
        yield f"{name} needs {nodes} nodes, but an allocation of {of} has {most}; raise its nodes"
    memory, mem = needs.get("memory", _DEFAULT_MEMORY), offer.get("mem")
    if mem is not None and parse_memory(memory) > _memory_of_a_node(mem):
        yield (
            f"{name} needs {memory} of memory, but a node of an allocation of {of} has {mem}; "
            "raise its mem"
        )
    runtime = needs.get("runtime", _DEFAULT_RUNTIME)
    walltime = offer.get("walltime", _DEFAULT_WALLTIME)
    seconds = walltime_seconds(walltime)
    if seconds is not None and parse_duration(runtime) > seconds - WORKER_START_S - buffer_s:
        yield (
            f"the runtime {runtime} of {name} is longer than the walltime {walltime} of {of} less "
            f"{format_seconds(WORKER_START_S)} for the start of its worker and the "
            f"{format_seconds(buffer_s)} before its end in which no job may run; raise the "
            "walltime, or lower compute_node_expiration_buffer_seconds"
        )


def _memory_of_a_node(mem: str) -> float:
    """Return the bytes that an allocation has of a node; without an end if that is not known."""
    try:
        return parse_node_memory(mem) or math.inf  # for Slurm, 0 is all that the node has
    except UsageError:
        return math.inf


def warn_of_differences(
    spec: WorkflowSpec,
    jobs: Sequence[ExpandedJob],
    schedulers: Sequence[NamedSpec],
    problems: Problems,
) -> None:
    """Note that any node may take any job, where nodes differ and nothing says who goes first."""
    differences = [
        name
        for name, value in _PROFILE.items()
        if len({value(scheduler.values) for scheduler in schedulers}) > 1
    ]
    if not differences or spec.settings.get("jobs_sort_method") is not None:
        return
    unassigned = sum(job.scheduler is None for job in jobs)
    if not unassigned:
        return
    default = SortMethod.GPUS_RUNTIME_MEMORY
    name = "job names" if unassigned == 1 else "jobs name"
    problems.warn(
        ("slurm_schedulers",),
        f"the {len(schedulers)} schedulers differ in {', '.join(differences)}, {unassigned:,} "
        f"{name} none of them, and jobs_sort_method is not set: any node may take these jobs, in "
        f"the default order '{default}' (by GPUs, then runtime, then memory). If that does not "
        f"suit, set jobs_sort_method to '{default}', '{SortMethod.GPUS_MEMORY_RUNTIME}' (memory "
        f"before runtime) or '{SortMethod.NONE}', or give each job its scheduler",
    )
