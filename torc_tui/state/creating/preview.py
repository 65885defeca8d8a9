"""A workflow file at a glance, before anything is created from it."""

from __future__ import annotations

from pathlib import Path

from torc_core.errors import SpecError, UsageError
from torc_core.spec import ExpandedWorkflow, SpecFile, read_spec
from torc_core.units import counted, format_bytes

LARGEST = 1 << 20
"""Bytes of a file that is expanded only to be looked at."""
MOST_JOBS = 20_000
"""Likewise of jobs: more take a second."""


def read_regular(path: Path) -> SpecFile:
    """Return a workflow file.

    Raises:
        UsageError: It is a pipe or the like, for which the interface could wait forever.
        SpecError: It cannot be read.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file.", hint="A pipe can be read by `torc run`.")
    return read_spec(path)


def glance(path: Path) -> list[str]:
    """Return what a file would become, in a line or two.

    Raises:
        SpecError: The file has problems.
        TorcError: It cannot be looked at.
    """
    size = path.stat().st_size if path.is_file() else 0
    if size > LARGEST:
        return [f"{format_bytes(size)}, too large to be looked at before"]
    return summary_lines(read_regular(path).expand(max_jobs=MOST_JOBS))


def summary_lines(spec: ExpandedWorkflow) -> list[str]:
    """Return the name of a workflow with what is in it, and its description."""
    parts = [counted(len(spec.jobs), "job")]
    if len(spec.job_entries) not in {0, len(spec.jobs)}:
        parts[0] += f" from {len(spec.job_entries):,}"
    for items, name in (
        (spec.files, "file"),
        (spec.slurm_schedulers, "Slurm scheduler"),
        (spec.actions, "action"),
    ):
        if items:
            parts.append(counted(len(items), name))
    lines = [f"{spec.name}: {', '.join(parts)}"]
    if spec.settings.description:
        lines += spec.settings.description.splitlines()[:1]
    if spec.warnings:
        lines.append(counted(len(spec.warnings), "warning"))
    return lines


def problem_lines(error: SpecError, most: int) -> list[str]:
    """Return the problems of a file with its name in place of its path, as many as there is room.

    Args:
        error: What was found.
        most: How many lines there may be.
    """
    name = Path(error.source).name or error.source
    lines = [problem.replace(error.source, name, 1) for problem in error.problems]
    if len(lines) > most:
        lines = [*lines[: most - 1], f"and {counted(len(lines) - most + 1, 'more problem')}"]
    return lines
