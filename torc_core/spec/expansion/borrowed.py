"""Parameters of files that state none: those of the jobs that use them.

A file `raw_{dataset}` without parameters stands for one file per dataset where every job that uses
it has the same values of `dataset`. With different ones it would not be clear which files there
are, so the file has to state them itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from torc_core.characters import composed
from torc_core.spec.expansion.parameters import Values
from torc_core.spec.expansion.templates import slot_names
from torc_core.spec.schema import FileSpec, JobSpec

_REFERENCE = re.compile(r"\$\{files\.(?:input|output)\.((?:[^{}]|\{[^{}]*\})+)\}")
"""A reference whose name may have parameters in it."""

JobEntry = tuple[JobSpec, Mapping[str, Values]]
"""An entry of the section `jobs`, and its parameters."""


def borrow_parameters(files: Sequence[FileSpec], jobs: Iterable[JobEntry]) -> Sequence[FileSpec]:
    """Return the files, those without parameters with what the jobs that use them agree on."""
    if not any(_slots(file) for file in files if not file.is_parameterized):
        return files
    users = _users(jobs)
    return [
        file if file.is_parameterized else _with_parameters(file, users[file.name])
        for file in files
    ]


def _with_parameters(file: FileSpec, users: Iterable[JobEntry]) -> FileSpec:
    needed = _slots(file)
    offered = [
        (
            {name: values for name, values in parameters.items() if name in needed},
            job.parameter_mode if len(needed) > 1 else "product",
        )
        for job, parameters in users
        if needed and needed <= parameters.keys()
    ]
    if not offered or any(each != offered[0] for each in offered):
        return file
    parameters, mode = offered[0]
    return msgspec.structs.replace(file, parameters=parameters, parameter_mode=mode)


def _users(jobs: Iterable[JobEntry]) -> defaultdict[str, list[JobEntry]]:
    """Return the entries that use a file, by its name as written."""
    found: defaultdict[str, list[JobEntry]] = defaultdict(list)
    for entry in jobs:
        job, _ = entry
        texts = (job.command, job.invocation_script or "", *job.env.values())
        referenced = (composed(match[1]) for text in texts for match in _REFERENCE.finditer(text))
        for name in {*job.input_files, *job.output_files, *referenced}:
            found[name].append(entry)
    return found


def _slots(file: FileSpec) -> set[str]:
    return {*slot_names(file.name), *slot_names(file.path)}
