"""The jobs of a workflow as a plan sees them: by entries of the file.

A sweep of a hundred thousand jobs is one entry. Entries have stages: those of stage 0 wait for
nothing, and those of a stage wait only for stages before. So a request for nodes that is due when
all jobs of a stage are ready never waits for jobs that need these nodes. Where entries wait for
each other in a circle (their jobs do not), each level of their jobs is a stage, and entries are
taken apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from torc_core import graph
from torc_core.limits import PATTERN
from torc_core.spec.expanded import ExpandedWorkflow
from torc_core.spec.expansion.templates import can_become, literal_pieces
from torc_core.spec.patterns import quote

_AFTER_ALL = "\U0010ffff"
"""The last character there is; it stands for nothing and so in no name."""
_MAX_COMPARED = 2_000_000
"""Names that are compared with entries in all; beyond them, jobs are listed by name."""


class PlanEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs that have the same requirements and become ready together, as far as a plan knows."""

    entry: int
    """Which entry of the file they are of; entries of a plan may share one."""
    name: str
    """As the file has it, with parameters in braces."""
    jobs: tuple[str, ...] = ()
    """Their names; empty if the pattern stands for them."""
    name_pattern: str | None = None
    """A pattern that the names of just these jobs match."""
    count: int = 1
    requirements: str | None
    """The name of their requirements; None if they have none."""
    requirements_text: str | None = None
    """The name as the file has it, where the requirements of the entry's jobs differ."""
    has_dependencies: bool = False
    """Whether any job of the entry has."""
    stage: int = 0


def plan_entries(workflow: ExpandedWorkflow) -> tuple[PlanEntry, ...]:
    """Return the jobs of a workflow by entry, requirements and stage."""
    dependencies = workflow.dependencies()
    entry_of = [
        number for number, entry in enumerate(workflow.job_entries) for _ in range(entry.num_jobs)
    ]
    waits_for = _dependencies_of_entries(entry_of, dependencies, len(workflow.job_entries))
    stage_of_entry = graph.levels([tuple(sorted(others)) for others in waits_for])
    is_circular = min(stage_of_entry, default=0) < 0
    stage_of_job = graph.levels(dependencies) if is_circular else []

    names = [job.name for job in workflow.jobs]
    patterns = _Patterns(names)
    found = []
    ends = accumulate(entry.num_jobs for entry in workflow.job_entries)
    for number, (entry, end) in enumerate(zip(workflow.job_entries, ends, strict=True)):
        parts: dict[tuple[int | None, int], list[int]] = {}
        for job in range(end - entry.num_jobs, end):
            stage = stage_of_job[job] if is_circular else stage_of_entry[number]
            parts.setdefault((workflow.jobs[job].resource_requirements, stage), []).append(job)
        differ = len({requirements for requirements, _ in parts}) > 1
        for (requirements, stage), jobs in parts.items():
            is_whole = len(parts) == 1 and len(jobs) > 1
            pattern = patterns.of(entry.name, jobs) if is_whole and stage else None
            found.append(
                PlanEntry(
                    entry=number,
                    name=entry.name,
                    jobs=tuple(names[job] for job in jobs) if stage and pattern is None else (),
                    name_pattern=pattern,
                    count=len(jobs),
                    requirements=None
                    if requirements is None
                    else workflow.resource_requirements[requirements].name,
                    requirements_text=entry.resource_requirements if differ else None,
                    has_dependencies=bool(waits_for[number]),
                    stage=stage,
                )
            )
    return tuple(found)


def _dependencies_of_entries(
    entry_of: Sequence[int], dependencies: graph.Dependencies, number: int
) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in range(number)]
    known: dict[int, set[int]] = {}
    for job, needed in enumerate(dependencies):
        if needed:
            if id(needed) not in known:
                known[id(needed)] = {entry_of[other] for other in needed}
            found[entry_of[job]] |= known[id(needed)]
    return found


class _Patterns:
    """Patterns that stand for the jobs of an entry, where no other job has such a name."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._sorted: list[str] = []
        self._compared = 0

    def of(self, entry: str, jobs: Sequence[int]) -> str | None:
        """Return a pattern that the names of an entry's jobs match and no other; None without one.

        Args:
            entry: The name as the file has it.
            jobs: All jobs of the entry.
        """
        pieces = literal_pieces(entry)
        pattern = "^" + ".*".join(map(quote, pieces)) + "$"
        if len(pattern) > PATTERN:
            return None
        self._sorted = self._sorted or sorted(self._names)
        first = bisect_left(self._sorted, pieces[0])
        end = bisect_left(self._sorted, pieces[0] + _AFTER_ALL)
        if end - first == len(jobs):
            return pattern
        self._compared += end - first
        if self._compared > _MAX_COMPARED:
            return None
        own = {self._names[job] for job in jobs}
        others = (name for name in self._sorted[first:end] if name not in own)
        return None if any(can_become(entry, other) for other in others) else pattern
