"""Which records a job's input stands for: those of the files that other jobs write.

Dependencies, files that must exist before a run, and provenance all follow from the links between
jobs and files, on the server as in a plan. So a job that reads a file by a record of its own is
linked to the record that is written: one of the same path in another spelling, one of a directory
that the path lies within, or those of the files within the directory that it reads. Dependencies
alone would not do: a record that is read and never written has to exist before anything runs.

A job that writes within a directory does not wait for others that do (one job makes a directory,
many fill it), and a link that would make jobs wait for each other in a circle is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from torc_core import graph
from torc_core.spec.expanded import ExpandedJob, ExpandedWorkflow, Indices, WorkflowSettings
from torc_core.spec.files.paths import ancestors

_MAX_ROUNDS = 20
_MAX_SEARCHES = 20


class Writer(NamedTuple):
    """A job that writes a file, and the record by which it does; both are positions."""

    job: int
    record: int


class LeftOut(NamedTuple):
    """A job that reads what a later job writes; both are positions."""

    job: int
    later: int


class Linked(NamedTuple):
    """Jobs linked to the records that are written, and what should be said about it."""

    jobs: list[ExpandedJob]
    other_records: dict[int, int]
    """Records that jobs read under another name: the record that is written in their place."""
    left_out: list[LeftOut]
    unordered: list[tuple[Writer, Writer]]
    """Writers of a directory and of something within it, with no order between them."""


def link_jobs(jobs: Sequence[ExpandedJob], paths: Sequence[str], folder: str = "") -> Linked:
    """Return the jobs with their inputs linked to what other jobs write.

    Args:
        jobs: Each file is written by one job at most, and no job waits for itself.
        paths: The path of each file in the form in which they are compared.
        folder: The folder that everything lies within.
    """
    files = _Files(jobs, paths, folder)
    linked = files.linked(jobs)
    left_out: list[LeftOut] = []
    changed = [number for number, job in enumerate(linked) if job is not jobs[number]]
    if changed:
        stated = _dependencies(jobs)
        if graph.find_cycles(stated):
            return Linked(list(jobs), {}, [], [])
        left_out = _leave_out_circles(jobs, linked, files, stated)
    read = {record for n in changed for record in jobs[n].input_files}
    written = {record for n in changed for record in linked[n].input_files}
    other_records = {
        record: writer.record
        for record in sorted(read)
        if (writer := files.writer_of(record)) is not None
        and writer.record != record
        and writer.record in written
    }
    return Linked(linked, other_records, left_out, _unordered(files, linked))


class _Files:
    """Who writes what, by normalized path."""

    def __init__(self, jobs: Sequence[ExpandedJob], paths: Sequence[str], folder: str) -> None:
        self._paths = paths
        self._folder = folder
        self.writers: dict[str, Writer] = {}
        for number, job in enumerate(jobs):
            for record in job.output_files:
                self.writers.setdefault(self._paths[record], Writer(number, record))
        self.job_of = {writer.record: writer.job for writer in self.writers.values()}
        read = {self._paths[i] for several in _distinct(jobs) for i in several}
        self._within: dict[str, list[int]] = {}
        for path, writer in self.writers.items():
            for directory in ancestors(path, folder):
                if directory in read:
                    self._within.setdefault(directory, []).append(writer.record)
        self._shared: dict[Indices, Indices] = {}

    def writer_of(self, record: int) -> Writer | None:
        """Return the writer of the very path of a record."""
        return self.writers.get(self._paths[record])

    def around(self, path: str) -> Writer | None:
        """Return the writer of the nearest directory that a path lies within."""
        above = (each for each in ancestors(path, self._folder) if each in self.writers)
        nearest = next(above, None)
        return None if nearest is None else self.writers[nearest]

    def linked(self, jobs: Sequence[ExpandedJob]) -> list[ExpandedJob]:
        """Return all jobs with their inputs linked; those without a change are the same objects."""
        if not self.writers:
            return list(jobs)
        known: dict[int, tuple[Indices, frozenset[int]]] = {}
        result = []
        for job in jobs:
            read = job.input_files
            if id(read) not in known:
                found = self.sources(read)
                known[id(read)] = (found, frozenset(found))
            found, as_set = known[id(read)]
            if found is not read and not as_set.isdisjoint(job.output_files):
                found = self.sources(read, job.output_files)
            result.append(self.with_inputs(job, found))
        return result

    def with_inputs(self, job: ExpandedJob, found: Indices) -> ExpandedJob:
        """Return a job with other inputs; the same object if they are the same."""
        if found == job.input_files:
            return job
        return msgspec.structs.replace(job, input_files=self._shared.setdefault(found, found))

    def sources(
        self, read: Indices, own: Collection[int] = (), excluded: Collection[int] = ()
    ) -> Indices:
        """Return the records that stand for what is read.

        Args:
            read: Records as the file names them.
            own: Records that the job writes itself.
            excluded: Records that must not be added.
        """
        found: set[int] = set()
        for record in read:
            path = self._paths[record]
            within = self._within.get(path, [])
            if within and any(self._paths[r].startswith(f"{path}/") for r in own):
                within = []
            writer = self.writer_of(record) or self.around(path)
            several = {*within, writer.record} if writer else set(within)
            several -= {*own, *excluded} - {record}
            found |= several or {record}
        result = tuple(sorted(found))
        return read if result == read else result


def _leave_out_circles(
    jobs: Sequence[ExpandedJob],
    linked: list[ExpandedJob],
    files: _Files,
    stated: Sequence[Indices],
) -> list[LeftOut]:
    """Take links out of `linked` until no jobs wait for each other in a circle."""
    left_out: list[LeftOut] = []
    excluded: dict[int, set[int]] = {}
    for _ in range(_MAX_ROUNDS):
        cycles = graph.find_cycles(_dependencies(linked))
        if not cycles:
            return left_out
        for cycle in cycles:
            number, needed = next(
                (job, needed)
                for job, needed in pairwise([*cycle, cycle[0]])
                if needed not in stated[job]
            )
            later = graph.downstream(stated, [number]) | {needed}
            left_out.append(LeftOut(number, needed))
            job = jobs[number]
            excluded.setdefault(number, set()).update(
                r for r in linked[number].input_files if files.job_of.get(r) in later
            )
            linked[number] = files.with_inputs(
                job, files.sources(job.input_files, job.output_files, excluded[number])
            )
    for number, level in enumerate(graph.levels(_dependencies(linked))):
        if level < 0 and linked[number] is not jobs[number]:
            added = set(linked[number].input_files) - set(jobs[number].input_files)
            left_out += [LeftOut(number, files.job_of[record]) for record in sorted(added)[:1]]
            linked[number] = jobs[number]
    return left_out


def _unordered(files: _Files, jobs: Sequence[ExpandedJob]) -> list[tuple[Writer, Writer]]:
    """Return writers of directories and of something in them that may run at the same time."""
    pairs = [
        (outer, inner)
        for path, inner in files.writers.items()
        if (outer := files.around(path)) is not None and outer.job != inner.job
    ]
    dependencies = _dependencies(jobs) if pairs else []
    found = []
    connected: dict[int, set[int]] = {}
    for outer, inner in pairs:
        if outer.job in dependencies[inner.job] or inner.job in dependencies[outer.job]:
            continue
        if outer.job not in connected:
            if len(connected) == _MAX_SEARCHES:
                break
            before = graph.upstream(dependencies, [outer.job])
            connected[outer.job] = before | graph.downstream(dependencies, [outer.job])
        if inner.job not in connected[outer.job]:
            found.append((outer, inner))
    return found


def _dependencies(jobs: Sequence[ExpandedJob]) -> list[Indices]:
    return ExpandedWorkflow(settings=WorkflowSettings(name=""), jobs=tuple(jobs)).dependencies()


def _distinct(jobs: Sequence[ExpandedJob]) -> Iterable[Indices]:
    """Return the inputs of all jobs, each of several equal ones that share a tuple once."""
    return {id(job.input_files): job.input_files for job in jobs}.values()
