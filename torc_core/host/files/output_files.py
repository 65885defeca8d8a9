"""Files below an output directory, such as logs: for their owner alone, or as the umask says.

Jobs print what they know, and that may be secret. What exists already keeps its permissions.
"""

from __future__ import annotations

import os
from pathlib import Path

PRIVATE = 0o600
"""The mode of files that only their owner may read."""
_SHARED = 0o666


def log_mode(*, is_shared: bool) -> int:
    """Return the permissions of logs; of shared ones the umask decides."""
    return _SHARED if is_shared else PRIVATE


def make_directory(path: Path, mode: int) -> None:
    """Create a directory, and its parents, for files of that mode.

    Raises:
        OSError: It cannot be created, or something else has its name.
    """
    if not path.is_dir():
        make_directory(path.parent, mode)
        path.mkdir(mode | (mode & 0o444) >> 2, exist_ok=True)


def reason_at(error: OSError, path: Path) -> str:
    """Return why a directory could not be made, and at which other one it failed, if it did."""
    reason = error.strerror or str(error)
    return reason if str(error.filename) == str(path) else f"{error.filename}: {reason}"


def create_file(path: Path, mode: int) -> None:
    """Create an empty file of that mode, unless there is one already.

    Raises:
        OSError: It cannot be created, or may not be written.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, mode))
