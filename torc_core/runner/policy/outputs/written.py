"""Whether a job wrote its output files: what they are after it, beside what they were before. Pure.

A job that exits with 0 and leaves an older file in place has not written it, and what reads the
file would take an old result for a new one. Times of files are compared with each other, because
the clock of a file server may be wrong.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

import msgspec

from torc_core.model.ids import FileId

LOOKS_S = (0.1, 0.4, 1.0, 1.5, 2.0)
"""Seconds between the looks for a file that was not there, 5 in all.

A network file system may show a file late to another node than its writer's: NFS keeps what it
knows of a file for 3 seconds at least (nfs(5): acregmin).
"""
_TICK_MS = 11
"""Linux takes the times of files from the last tick of a clock with 100 Hz or more; a millisecond
is for rounding."""
_SECOND_NS = 1_000_000_000


class FileState(NamedTuple):
    """What identifies the present content of a file or a directory."""

    identity: tuple[int, ...]
    """Differs after each change; empty if that takes too long to find out."""
    modified_s: float
    """When it was modified, in seconds since 1970."""
    changed_ns: int
    """When anything about it was changed last, in nanoseconds since 1970; no program can set it."""


class Written(Enum):
    """Whether an output file was written."""

    YES = auto()
    MISSING = auto()
    UNCHANGED = auto()


def is_written(before: FileState | None, after: FileState | None, started_ms: int) -> Written:
    """Return whether a job wrote an output file.

    Args:
        before: What it was just before the start of the job; None if it was not there.
        after: What it is.
        started_ms: When `before` was found out, in milliseconds since 1970.
    """
    if after is None:
        return Written.MISSING
    if before is None or not before.identity or before.identity != after.identity:
        return Written.YES
    # What is written twice within a tick has the same times: an earlier attempt may have written
    # the file just before. Some file systems count whole seconds.
    tick_ms = _TICK_MS if before.changed_ns % _SECOND_NS else 1_000
    is_fresh = 0 <= started_ms - before.changed_ns // 1_000_000 <= tick_ms
    return Written.YES if is_fresh else Written.UNCHANGED


class FoundOutputs(msgspec.Struct, frozen=True):
    """The output files of a job."""

    times: dict[FileId, float]
    """Of those that were written: when they were modified, in seconds since 1970."""
    faults: tuple[str, ...] = ()
    """Why the others do not count, a sentence for each."""


FAULT_SIGN = "The job exited with 0 but"
"""How each sentence begins that says what is wrong with an output file."""
_FAULTS = {
    Written.MISSING: f"{FAULT_SIGN} did not write its output file {{path}}.",
    Written.UNCHANGED: (
        f"{FAULT_SIGN} left its output file {{path}} as it was before the job started. "
        "If that is right, let the command touch the file, or state accept_unchanged_outputs: true "
        "in the execution_config of the workflow."
    ),
}


def fault_of(path: str, written: Written) -> str:
    """Return what is wrong with an output file, for the job's stderr."""
    return _FAULTS[written].format(path=path)
