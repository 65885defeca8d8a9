"""Slurm schedulers of a workflow file: their accounts, and whether jobs fit into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from torc_core.model.workflow import SortMethod
from torc_core.spec.expanded import ExpandedJob
from torc_core.spec.fields import walltime_seconds
from torc_core.spec.problems import Path, Problems, shown
from torc_core.spec.schema import NamedSpec, WorkflowSpec
from torc_core.units import format_seconds, parse_duration

_DEFAULT_RUNTIME, _DEFAULT_WALLTIME = "PT1H", "01:00:00"

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
    requirements: Sequence[NamedSpec],
    schedulers: Sequence[NamedSpec],
    problems: Problems,
    *,
    buffer_s: float,
    accepts_misfits: bool,
) -> None:
    """Note jobs that do not fit into an allocation of their scheduler: in nodes, or in time.

    Args:
        jobs: Each job and the place of its entry; those with unknown names lack them.
        requirements: What jobs need, by position.
        schedulers: The schedulers of the file.
        problems: Gets what does not fit.
        buffer_s: How long before the end of an allocation its runner stops. It claims no job that
            would still be running then, so one that is too long never starts.
        accepts_misfits: They are warnings, not errors.
    """
    known = {item.name: item for item in schedulers}
    seen: set[tuple[Path, str, int]] = set()
    for entry, job in jobs:
        scheduler = known.get(job.scheduler or "")
        number = job.resource_requirements
        place = (*entry, "scheduler")
        if scheduler is None or number is None or (place, scheduler.name, number) in seen:
            continue
        seen.add((place, scheduler.name, number))
        for misfit in _misfits(job.name, requirements[number], scheduler, buffer_s):
            if accepts_misfits:
                problems.warn(place, misfit)
            else:
                problems.add(place, f"{misfit}, or accept it with --skip-checks")


def _misfits(
    job: str, requirements: NamedSpec, scheduler: NamedSpec, buffer_s: float
) -> Iterator[str]:
    """Yield why a job does not fit into an allocation, and what to change."""
    needs, offer = requirements.values, scheduler.values
    name, of = f'"{shown(job)}"', f'"{shown(scheduler.name)}"'
    nodes, most = needs.get("num_nodes", 1), offer.get("nodes", 1)
    if nodes > most:
        yield f"{name} needs {nodes} nodes, but an allocation of {of} has {most}; raise its nodes"
    runtime = needs.get("runtime", _DEFAULT_RUNTIME)
    walltime = offer.get("walltime", _DEFAULT_WALLTIME)
    seconds = walltime_seconds(walltime)
    if seconds is not None and parse_duration(runtime) > seconds - buffer_s:
        yield (
            f"the runtime {runtime} of {name} is longer than the walltime {walltime} of {of} less "
            f"the {format_seconds(buffer_s)} before its end in which no job may run; raise the "
            "walltime, or lower compute_node_expiration_buffer_seconds"
        )


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
