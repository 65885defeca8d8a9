"""The ends of logs, where most that failed says why."""

from __future__ import annotations

import os
from pathlib import Path

from torc_core.diagnosis.signatures import first_telling_line
from torc_core.host.files.regular import open_regular
from torc_core.operations.jobs.logs import JobLog

_TAIL = 1 << 14
"""Bytes of the end of a log in which the telling line is looked for."""


def telling_line_of(log: JobLog) -> str | None:
    """Return the line that says most likely why an attempt failed, not clean.

    Returns:
        Empty if the log says nothing; None if there is none here that can be read.
    """
    ends = [_end_of(stream.path) for stream in reversed(log.streams)]  # stderr first
    if all(end is None for end in ends):
        return None
    return first_telling_line(end for end in ends if end)


def _end_of(path: Path) -> bytes | None:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL))
            return file.read(_TAIL)
    except OSError:
        return None
