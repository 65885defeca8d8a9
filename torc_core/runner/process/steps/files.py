"""A step's own files, beside those of the job's output; deleted when it is over."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from torc_core.host.files.output_files import create_file
from torc_core.runner.policy.commands.step import StepFiles, began_at, limit_in, telling
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.outputs.stdio import StdioFiles
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure

_NUMBER, _WORDS = ".step", ".srun"
"""Their endings."""
_MOST_WORDS = 2**16


class StepEnd(NamedTuple):
    """What srun has said."""

    limit: StopReason | None
    """At which Slurm has ended the step."""
    printed: list[str]
    """Lines that say more than the exit code."""


def make_step_files(stem: str, output: StdioFiles, mode: int) -> StepFiles:
    """Return the files of a step; those that it writes itself are made here.

    Args:
        stem: The path of the attempt's files without the ending.
        output: The files of its output.
        mode: Their permissions.

    Raises:
        SpawnError: They cannot be created.
    """
    files = StepFiles(
        number=stem + _NUMBER,
        words=stem + _WORDS,
        stdout=output.stdout or os.devnull,
        stderr=output.stderr or os.devnull,
    )
    try:
        Path(files.number).unlink(missing_ok=True)
        for _, path in output.streams:
            create_file(Path(path), mode)
            os.truncate(path, 0)
    except OSError as error:
        raise SpawnError(
            f"The output of the job cannot be written to {error.filename}: {error.strerror}.",
            hint="Look at the disk and the permissions of the output directory.",
            cause=SpawnFailure.MACHINE,
        ) from error
    return files


def step_began_at(stem: str) -> float | None:
    """Return when the step of an attempt began, in seconds since 1970; None if it has not yet."""
    try:
        return began_at(Path(stem + _NUMBER).read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        return None


def end_step(stem: str) -> StepEnd:
    """Return what srun has said of the step of an attempt that is over, and delete its files."""
    words = ""
    with contextlib.suppress(OSError), Path(stem + _WORDS).open("rb") as file:
        words = file.read(_MOST_WORDS).decode("utf-8", "backslashreplace")
    for ending in (_NUMBER, _WORDS):
        with contextlib.suppress(OSError):
            Path(stem + ending).unlink(missing_ok=True)
    return StepEnd(limit_in(words), telling(words))
