"""The dependency graph of jobs: levels, order, cycles, and paths.

Everything here is a pure function over one sequence: for each job, the jobs that it depends on, as
positions in the same sequence. Tuples that are shared between jobs (one object, many jobs) are
visited once, so a thousand jobs that depend on the same thousand cost two thousand steps and not
a million. `SharedRows` holds the same in arrays, in a tenth of the memory. Nothing recurses: a
chain of a million jobs is fine.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, compress, count, pairwise, repeat
from typing import overload

Dependencies = Sequence[Sequence[int]]
"""For each job the positions of the jobs that it depends on."""


class Rows(Sequence[tuple[int, ...]]):
    """Rows of numbers, one behind the other in one array: 4 or 8 bytes for each, and 4 per row.

    Args:
        typecode: That of the array: "i" for positions, "q" for ids.
    """

    __slots__ = ("_ends", "items")

    def __init__(self, typecode: str = "i") -> None:
        self.items = array(typecode)
        """The numbers of all rows."""
        self._ends = array("I", [0])

    def add(self, row: Iterable[int]) -> None:
        """Append a row."""
        self.items.extend(row)
        self._ends.append(len(self.items))

    @classmethod
    def grouped(cls, typecode: str, size: int, pairs: Iterable[tuple[int, int]]) -> Rows:
        """Return so many rows, from pairs of position and number that ascend by position."""
        rows = cls(typecode)
        counts = array("I", bytes(4 * (size + 1)))
        append = rows.items.append
        for at, number in pairs:
            counts[at + 1] += 1
            append(number)
        rows._ends = array("I", accumulate(counts))
        return rows

    def copy(self) -> Rows:
        """Return rows that grow independently of these."""
        copied = Rows(self.items.typecode)
        copied.items, copied._ends = self.items[:], self._ends[:]
        return copied

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, at: int) -> tuple[int, ...]: ...
    @overload
    def __getitem__(self, at: slice) -> list[tuple[int, ...]]: ...
    def __getitem__(self, at: int | slice) -> tuple[int, ...] | list[tuple[int, ...]]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        begin, end = self._ends[at : at + 2]
        return tuple(self.items[begin:end])

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return self.following(0)

    def following(self, first: int) -> Iterator[tuple[int, ...]]:
        """Iterate over the rows from one on."""
        if not self.items:
            return repeat((), len(self) - first)
        ends = memoryview(self._ends)[first:]
        return (tuple(self.items[begin:end]) for begin, end in pairwise(ends))


class SharedRows(Sequence[tuple[int, ...]]):
    """A row for each job; equal rows, which may be many, are held once, in arrays.

    Args:
        numbers: For each job the number of its row; typecode "i".
        rows: The rows.
    """

    __slots__ = ("numbers", "rows")

    def __init__(self, numbers: array[int], rows: Rows) -> None:
        self.numbers = numbers
        self.rows = rows

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> tuple[int, ...]: ...
    @overload
    def __getitem__(self, at: slice) -> list[tuple[int, ...]]: ...
    def __getitem__(self, at: int | slice) -> tuple[int, ...] | list[tuple[int, ...]]:
        if isinstance(at, slice):
            return [self.rows[number] for number in self.numbers[at]]
        return self.rows[self.numbers[at]]


class _Sets:
    """Jobs and the distinct dependency sets.

    A set is complete when all its members are; the jobs that wait for it are ready then.
    """

    def __init__(self, dependencies: Dependencies) -> None:
        self.members: Sequence[Sequence[int]]
        if isinstance(dependencies, SharedRows):
            numbers, self.members = dependencies.numbers, dependencies.rows
        else:
            numbers, self.members = _distinct(dependencies)
        members = self.members
        self.waiting = _inverted(lambda: zip(numbers, strict=True), len(members))
        """For each set the jobs that wait for it."""
        self.containing = _inverted(lambda: iter(members), len(numbers))
        """For each job the sets that it is a member of."""


def _distinct(dependencies: Dependencies) -> tuple[array[int], list[Sequence[int]]]:
    """Return for each job the number of its set, and the sets."""
    known: dict[int, int] = {}
    members: list[Sequence[int]] = []
    numbers = array("i")
    for needed in dependencies:
        number = known.setdefault(id(needed), len(members))
        if number == len(members):
            members.append(needed)
        numbers.append(number)
    return numbers, members


def _inverted(rows: Callable[[], Iterable[Iterable[int]]], size: int) -> Rows:
    """Return for each number below `size` the ascending positions of the rows that have it."""
    counts = array("I", bytes(4 * (size + 1)))
    for row in rows():
        for number in row:
            counts[number + 1] += 1
    inverted = Rows()
    inverted._ends = array("I", accumulate(counts))  # noqa: SLF001 - filled from all sides
    following = inverted._ends[:]  # noqa: SLF001
    inverted.items = array("i", bytes(4 * following[-1]))
    for at, row in enumerate(rows()):
        for number in row:
            inverted.items[following[number]] = at
            following[number] += 1
    return inverted


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
    marked = bytearray(len(dependencies))
    for start in starts:
        marked[start] = 1
    return set(compress(count(), mark_downstream(dependencies, marked)))


def mark_downstream(dependencies: Dependencies, starts: bytes | bytearray) -> bytearray:
    """Return 1 for each job downstream of those that are marked with 1, and 0 for all others."""
    sets = _Sets(dependencies)
    seen = bytearray(starts)
    seen_sets = bytearray(len(sets.members))
    stack = array("i", compress(count(), starts))
    while stack:
        for number in sets.containing[stack.pop()]:
            if not seen_sets[number]:
                seen_sets[number] = 1
                for job in sets.waiting[number]:
                    if not seen[job]:
                        seen[job] = 1
                        stack.append(job)
    return bytearray(is_seen and not begun for is_seen, begun in zip(seen, starts, strict=True))


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
