"""Slurm schedulers of a workflow file: their accounts, and whether jobs fit into them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torc_core.model.workflow import SortMethod
from torc_core.spec.expanded import ExpandedJob
from torc_core.spec.expansion.expand import JobInstance
from torc_core.spec.fields import walltime_seconds
from torc_core.spec.problems import Path, Problems, shown
from torc_core.spec.schema import NamedSpec, WorkflowSpec
from torc_core.units import parse_duration

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
    instances: Sequence[JobInstance],
    jobs: Sequence[ExpandedJob],
    requirements: Sequence[NamedSpec],
    schedulers: Sequence[NamedSpec],
    problems: Problems,
    *,
    skips_nodes: bool,
) -> None:
    """Note jobs that do not fit into an allocation of their scheduler: in nodes, or in time.

    Args:
        instances: Where the jobs come from.
        jobs: The jobs; those with unknown names lack them.
        requirements: What jobs need, by position.
        schedulers: The schedulers of the file.
        problems: Gets what does not fit.
        skips_nodes: More nodes than there are is a warning, not an error.
    """
    known = {item.name: item for item in schedulers}
    seen: set[tuple[Path, str, int]] = set()
    for instance, job in zip(instances, jobs, strict=True):
        scheduler = known.get(job.scheduler or "")
        number = job.resource_requirements
        place = (*instance.spec.place, "scheduler")
        if scheduler is None or number is None or (place, scheduler.name, number) in seen:
            continue
        seen.add((place, scheduler.name, number))
        needs, offer = requirements[number].values, scheduler.values
        names = f'"{shown(job.name)}"', f'"{shown(scheduler.name)}"'
        nodes, most = needs.get("num_nodes", 1), offer.get("nodes", 1)
        if nodes > most:
            fault = f"{names[0]} needs {nodes} nodes, but an allocation of {names[1]} has {most}"
            if skips_nodes:
                problems.warn(place, fault)
            else:
                problems.add(place, f"{fault}; raise its nodes, or accept it with --skip-checks")
        runtime = needs.get("runtime", _DEFAULT_RUNTIME)
        walltime = offer.get("walltime", _DEFAULT_WALLTIME)
        seconds = walltime_seconds(walltime)
        if seconds is not None and parse_duration(runtime) > seconds:
            problems.warn(
                place,
                f"the runtime {runtime} of {names[0]} is longer than the walltime {walltime} "
                f"of {names[1]}",
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
