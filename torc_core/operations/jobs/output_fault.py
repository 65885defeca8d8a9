"""What torc has written into a job's stderr about output files that it did not write."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from torc_core.diagnosis.words import fault_in
from torc_core.host.files.regular import open_regular

_TAIL = 1 << 14
"""Bytes at the end of a log in which the remark is looked for."""


def output_fault(logs: Iterable[Path]) -> str:
    """Return the first remark in logs, such as a job's stderr; empty if none can be read."""
    return next(filter(None, map(_fault, logs)), "")


def _fault(path: Path) -> str:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL))
            return fault_in(file.read(_TAIL).decode(errors="replace"))
    except OSError:
        return ""
