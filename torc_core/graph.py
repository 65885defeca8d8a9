"""The dependency graph of jobs: levels, order, cycles, and paths.

Everything here is a pure function over one sequence: for each job, the jobs that it depends on, as
positions in the same sequence. Tuples that are shared between jobs (one object, many jobs) are
visited once, so a thousand jobs that depend on the same thousand cost two thousand steps and not
a million. Nothing recurses: a chain of a million jobs is fine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

Dependencies = Sequence[Sequence[int]]
"""For each job the positions of the jobs that it depends on."""


class _Sets:
    """Jobs and the distinct dependency sets.

    A set is complete when all its members are; the jobs that wait for it are ready then.
    """

    def __init__(self, dependencies: Dependencies) -> None:
        numbers: dict[int, int] = {}
        self.members: list[Sequence[int]] = []
        self.waiting: list[list[int]] = []
        for job, needed in enumerate(dependencies):
            number = numbers.setdefault(id(needed), len(self.members))
            if number == len(self.members):
                self.members.append(needed)
                self.waiting.append([])
            self.waiting[number].append(job)
        self.containing: list[list[int]] = [[] for _ in dependencies]
        for number, members in enumerate(self.members):
            for member in members:
                self.containing[member].append(number)


class Dependents:
    """Which jobs depend on a job directly; found without a list of all edges."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._sets = _Sets(dependencies)

    def of(self, job: int) -> Iterator[int]:
        """Yield the jobs that depend on `job`, each once."""
        seen: set[int] = set()
        for number in self._sets.containing[job]:
            for waiting in self._sets.waiting[number]:
                if waiting not in seen:
                    seen.add(waiting)
                    yield waiting


def levels(dependencies: Dependencies) -> list[int]:
    """Return each job's level: 0 without dependencies, else one more than its highest upstream job.

    Jobs on a cycle and everything downstream of them have level -1.
    """
    sets = _Sets(dependencies)
    open_members = [len(members) for members in sets.members]
    level = [-1] * len(dependencies)
    queue = deque(number for number, count in enumerate(open_members) if count == 0)
    while queue:
        number = queue.popleft()
        members = sets.members[number]
        free_level = 1 + max((level[member] for member in members), default=-1)
        for job in sets.waiting[number]:
            level[job] = free_level
            for containing in sets.containing[job]:
                open_members[containing] -= 1
                if open_members[containing] == 0:
                    queue.append(containing)
    return level


def topological_order(dependencies: Dependencies) -> list[int]:
    """Return all jobs that are not behind a cycle, each after its upstream jobs."""
    level = levels(dependencies)
    return sorted((job for job, of_job in enumerate(level) if of_job >= 0), key=level.__getitem__)


def find_cycles(dependencies: Dependencies) -> list[list[int]]:
    """Return cycles without common jobs, at least one if there is any.

    Each is a list of jobs in which every job depends on the next one and the last on the first.
    """
    level = levels(dependencies)
    blocker: dict[int, int] = {}
    for job, of_job in enumerate(level):
        if of_job < 0:
            blocker[job] = next(needed for needed in dependencies[job] if level[needed] < 0)
    cycles = []
    walk_of: dict[int, int] = {}
    for start in blocker:
        job = start
        walk = []
        while job not in walk_of:
            walk_of[job] = start
            walk.append(job)
            job = blocker[job]
        if walk_of[job] == start and walk:
            cycles.append(walk[walk.index(job) :])
    return cycles


def implicit_dependencies(
    inputs: Sequence[Sequence[int]], outputs: Sequence[Sequence[int]]
) -> list[tuple[int, ...]]:
    """Return for each job the jobs that write what it reads, itself excepted.

    Args:
        inputs: For each job what it reads: files, or user data, by number.
        outputs: For each job what it writes, in the same numbers.

    Returns:
        Ascending positions; jobs with one and the same tuple of inputs share one result.
    """
    writers: dict[int, list[int]] = {}
    for job, written in enumerate(outputs):
        for item in written:
            writers.setdefault(item, []).append(job)
    found: dict[int, tuple[int, ...]] = {}
    result = []
    for job, read in enumerate(inputs):
        if id(read) not in found:
            found[id(read)] = tuple(sorted({w for item in read for w in writers.get(item, ())}))
        needed = found[id(read)]
        if outputs[job] and job in needed:
            needed = tuple(other for other in needed if other != job)
        result.append(needed)
    return result


def all_dependencies(
    explicit: Sequence[tuple[int, ...]],
    flows: Iterable[tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]]],
) -> list[tuple[int, ...]]:
    """Return the dependencies of each job: those stated, and those through what it reads.

    Args:
        explicit: The dependencies that are stated.
        flows: For each kind of thing that passes between jobs, the inputs and outputs of all jobs.

    Returns:
        Ascending positions without repetition; equal origins share one tuple.
    """
    merged = list(explicit)
    for inputs, outputs in flows:
        before = list(merged)  # kept, so that no id is used twice
        unions: dict[tuple[int, int], tuple[int, ...]] = {}
        implicit = implicit_dependencies(inputs, outputs)
        for job, (stated, found) in enumerate(zip(before, implicit, strict=True)):
            if not found:
                continue
            key = (id(stated), id(found))
            if key not in unions:
                unions[key] = tuple(sorted({*stated, *found})) if stated else found
            merged[job] = unions[key]
    return merged


def downstream(dependencies: Dependencies, starts: Iterable[int]) -> set[int]:
    """Return all jobs downstream of the starts, without the starts."""
    sets = _Sets(dependencies)
    begun = set(starts)
    seen = set(begun)
    seen_sets: set[int] = set()
    stack = list(begun)
    while stack:
        for number in sets.containing[stack.pop()]:
            if number not in seen_sets:
                seen_sets.add(number)
                new = [job for job in sets.waiting[number] if job not in seen]
                seen.update(new)
                stack.extend(new)
    return seen - begun


def upstream(dependencies: Dependencies, starts: Iterable[int]) -> set[int]:
    """Return all jobs upstream of the starts, without the starts."""
    begun = set(starts)
    seen = set(begun)
    stack = list(begun)
    while stack:
        new = set(dependencies[stack.pop()]) - seen
        seen |= new
        stack.extend(new)
    return seen - begun


def critical_path(dependencies: Dependencies, weights: Sequence[float]) -> tuple[float, list[int]]:
    """Return the heaviest chain of jobs and its weight, such as a workflow's least run time.

    Args:
        dependencies: Without cycles; jobs behind a cycle are left out.
        weights: For each job its share, not negative; 1 each counts jobs.
    """
    total: dict[int, float] = {}
    heaviest: dict[int, int | None] = {}
    last: int | None = None
    for job in topological_order(dependencies):
        needed = dependencies[job]
        if id(needed) not in heaviest:
            heaviest[id(needed)] = max(needed, key=total.__getitem__, default=None)
        before = heaviest[id(needed)]
        total[job] = weights[job] + (0.0 if before is None else total[before])
        if last is None or total[job] > total[last]:
            last = job
    weight = 0.0 if last is None else total[last]
    path = []
    while last is not None:
        path.append(last)
        last = heaviest[id(dependencies[last])]
    return weight, path[::-1]
