"""How much room a disk has."""

from __future__ import annotations

import shutil
from pathlib import Path

from torc_core.units import format_bytes

_FULL_BYTES = 64 * 1024
"""With less than this, the logs of a few jobs do not fit."""


def free_bytes(directory: Path) -> str:
    """Return the free space of a directory's file system, for people."""
    return format_bytes(shutil.disk_usage(directory).free)


def is_full(directory: Path) -> bool:
    """Return whether a directory's file system has no room to speak of."""
    try:
        return shutil.disk_usage(directory).free < _FULL_BYTES
    except OSError:
        return False
