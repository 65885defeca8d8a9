"""Whether the records of a document fit together."""

from __future__ import annotations

from typing import Any

from torc_core import graph
from torc_core.model.resources import DEFAULT_REQUIREMENTS
from torc_core.operations.definition.transfer.document import LINKS, Document, Records, ids_in
from torc_core.operations.definition.transfer.problems import DocumentProblems
from torc_core.spec.problems import shown

_NAMED = 5
"""Jobs of a cycle that a message names."""

Positions = tuple[int, ...]
Links = dict[str, list[Positions]]
"""By field, the positions that each record names."""


def check_document(document: Document, problems: DocumentProblems) -> None:
    """Note references to nothing and cycles, and work out which job names which.

    Raises:
        RefusedError: There are many problems.
    """
    reserved = [
        each for each in document.resource_requirements if each.name == DEFAULT_REQUIREMENTS
    ]
    if len(reserved) > 1:
        problems.add(
            "resource_requirements", f"{len(reserved)} of them are named {DEFAULT_REQUIREMENTS}"
        )
    attempts: dict[tuple[int, int, int], int] = {}
    for number, result in enumerate(document.results):
        attempt = (result.job_id, result.run_id, result.attempt_id)
        if attempts.setdefault(attempt, number) != number:
            text = f"it is of the same attempt as result {attempts[attempt]}"
            problems.add(f"results[{number}]", text)
    links = {section: _links_of(document, section, problems) for section in LINKS}
    problems.refuse_any()
    of_jobs = links["jobs"]
    document.dependencies = of_jobs["depends_on_job_ids"]
    edges = _edges(document, of_jobs, problems)
    problems.refuse_any()
    for cycle in graph.find_cycles(edges):
        jobs = [each for each in cycle if each < len(document.jobs)]
        names = [shown(document.jobs[job].name) for job in jobs[:_NAMED]]
        more = f" and {len(jobs) - _NAMED:,} more" if len(jobs) > _NAMED else ""
        problems.add("jobs", f"each waits for the next one, in a circle: {', '.join(names)}{more}")


def _edges(document: Document, of_jobs: Links, problems: DocumentProblems) -> list[Positions]:
    """Return what each job waits for, and behind the jobs each file and each record of user data.

    A job waits for what it reads, and that for the jobs that write it. So a thousand jobs that read
    what a thousand others write are two thousand edges, whatever else each of them reads.
    """
    edges = list(document.dependencies)
    for section, read, written in (
        ("files", "input_file_ids", "output_file_ids"),
        ("user_data", "input_user_data_ids", "output_user_data_ids"),
    ):
        first = len(edges)
        writers: list[list[int]] = [[] for _ in getattr(document, section)]
        updaters: dict[int, int] = {}
        for job, items in enumerate(of_jobs[written]):
            for item in items:
                writers[item].append(job)
        joined: dict[tuple[int, int], Positions] = {}
        before = list(edges)  # kept, so that no id is used twice
        for job, items in enumerate(of_jobs[read]):
            own = of_jobs[written][job]
            both = set(items).intersection(own) if own else set()
            for item in both:
                if item in updaters:
                    names = [shown(document.jobs[each].name) for each in (updaters[item], job)]
                    text = f"{names[0]} and {names[1]} both read and write it"
                    problems.add(f"{section}[{item}]", text)
                updaters[item] = job
            if both:
                others = {each for item in both for each in writers[item]} - {job}
                rest = (first + item for item in items if item not in both)
                edges[job] = (*before[job], *others, *rest)
            elif items:
                key = (id(before[job]), id(items))
                if key not in joined:
                    joined[key] = (*before[job], *(first + item for item in items))
                edges[job] = joined[key]
        edges += map(tuple, writers)
    return edges


def _links_of(document: Document, section: str, problems: DocumentProblems) -> Links:
    """Return by field the positions that each record of a section names; equal ones are shared."""
    targets: dict[str, Records[Any]] = {
        field: getattr(document, target) for field, target in LINKS[section].items()
    }
    shared: dict[Positions, Positions] = {}
    found: dict[str, list[Positions]] = {field: [] for field in targets}
    for number, record in enumerate(getattr(document, section)):
        for field, target in targets.items():
            positions = set()
            for key in ids_in(record, field):
                position = target.positions.get(key)
                if position is None:
                    wanted = f"{shown(str(key))} is not an id of {LINKS[section][field]}"
                    problems.add(f"{section}[{number}].{field}", wanted)
                else:
                    positions.add(position)
            ordered = tuple(sorted(positions))
            found[field].append(shared.setdefault(ordered, ordered))
    return found
