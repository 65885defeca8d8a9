"""Requirements that a job states itself, in place of the name of others."""

from __future__ import annotations

from collections.abc import Container
from itertools import chain, count

from torc_core.model.resources import DEFAULT_REQUIREMENTS
from torc_core.spec.schema import NamedSpec, WorkflowSpec


def all_requirements(spec: WorkflowSpec) -> tuple[NamedSpec, ...]:
    """Return the requirements of the file, then those of single jobs, named after their jobs."""
    found = list(spec.resource_requirements)
    taken = {DEFAULT_REQUIREMENTS, *(item.name for item in found)}
    for job in spec.jobs:
        if job.own_requirements is not None:
            job.own_requirements.name = _free(job.name, taken)
            taken.add(job.own_requirements.name)
            found.append(job.own_requirements)
    return tuple(found)


def _free(name: str, taken: Container[str]) -> str:
    """Return a name that is not taken, as near as possible to the one wanted."""
    numbered = (f"{name} ({number})" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)
