"""Paths and links of a workflow's files, with what is to be said about them to its author."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torc_core.spec.expanded import ExpandedJob
from torc_core.spec.expansion.expand import NamedInstance
from torc_core.spec.fields import MAX_PATH_LENGTH, fault_in, line_fault
from torc_core.spec.files.links import link_jobs
from torc_core.spec.files.paths import Surroundings, expand_path, left_to_the_shell
from torc_core.spec.problems import Path, Problems, shown


def expand_paths(
    files: Sequence[NamedInstance], surroundings: Surroundings, problems: Problems
) -> list[NamedInstance]:
    """Return files with home directories and variables filled in; note those that cannot be.

    What holds for many expansions of one entry is noted once, for the first.
    """
    found = list(files)
    for number, file in enumerate(files):
        place, written = (*file.place, "path"), shown(file.value)
        left = left_to_the_shell(file.value)
        if left is not None and problems.is_new(place, "left"):
            problems.warn(
                place,
                f'"{written}" keeps its {shown(left)}: in a path only ~, $NAME and '
                "${NAME} are filled in",
            )
        try:
            path = expand_path(file.value, surroundings)
        except ValueError as error:
            if problems.is_new(place, str(error)):
                problems.add(place, f'"{written}": {error}')
            continue
        if path == file.value:
            continue
        fault = fault_in(path) or line_fault(path, MAX_PATH_LENGTH)
        if fault is not None:
            problems.add(place, f'"{written}" becomes an unusable path: {fault}')
            continue
        if problems.is_new(place, "path"):
            problems.note(place, f'"{written}" is {shown(path, MAX_PATH_LENGTH)}')
        found[number] = msgspec.structs.replace(file, value=path)
    return found


def link_files(
    jobs: Sequence[ExpandedJob],
    files: Sequence[NamedInstance],
    places: Sequence[Path],
    surroundings: Surroundings,
    problems: Problems,
) -> list[ExpandedJob]:
    """Return jobs with their inputs linked to the files that other jobs write; note what is odd.

    Args:
        jobs: The jobs as the file states them, without an error.
        files: All files.
        places: The place of each job.
        surroundings: Where relative paths start.
        problems: Gets the warnings.
    """
    paths = [surroundings.identity(file.value) for file in files]
    linked = link_jobs(jobs, paths, surroundings.folder)
    said: dict[tuple[Path, Path], str] = {}  # expansions of one entry are noted once
    for read, written in linked.other_records.items():
        place, other = (*files[read].place, "path"), files[written].place
        said.setdefault(
            (place, other),
            f'"{shown(files[read].name)}" and "{shown(files[written].name)}" are one file, '
            f'"{shown(files[written].value)}": a job that reads the one waits for the job that '
            "writes the other",
        )
    for number, later in linked.left_out:
        said.setdefault(
            (places[number], places[later]),
            f'"{shown(jobs[number].name)}" reads a file or directory that '
            f'"{shown(jobs[later].name)}" writes, but does not wait for it: they would wait for '
            "each other",
        )
    for outer, inner in linked.unordered:
        said.setdefault(
            (places[inner.job], files[outer.record].place),
            f'"{shown(jobs[inner.job].name)}" writes "{shown(files[inner.record].value)}" and '
            f'"{shown(jobs[outer.job].name)}" writes "{shown(files[outer.record].value)}", in '
            "which it lies, and neither waits for the other; add depends_on",
        )
    for (place, _), message in said.items():
        problems.warn(place, message)
    return linked.jobs
