"""The directories of torc on this machine; the only place that knows them.

State is private: directories are 0700, files 0600.
"""

from __future__ import annotations

import os
from pathlib import Path

from torc_core.errors import MachineError

PRIVATE_DIRECTORY = 0o700


def state_directory() -> Path:
    """Return `$XDG_STATE_HOME/torc`, else `~/.local/state/torc`, made if it is not there.

    Raises:
        MachineError: It cannot be made, or belongs to somebody else.
    """
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return private_directory(Path(base).expanduser() / "torc")


def private_directory(path: Path) -> Path:
    """Make a directory that only its owner may enter, with its parents, and return it.

    Raises:
        MachineError: It cannot be made, is no directory, or belongs to somebody else.
    """
    try:
        path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        status = path.stat()
        if status.st_uid == os.getuid() and status.st_mode & 0o077:
            path.chmod(PRIVATE_DIRECTORY)
    except OSError as error:
        raise MachineError(
            f"The directory {path} cannot be used: {error.strerror}.",
            hint="Set XDG_STATE_HOME to a directory of yours on a local disk.",
        ) from error
    if status.st_uid != os.getuid():
        raise MachineError(
            f"The directory {path} belongs to user {status.st_uid}.",
            hint="Set XDG_STATE_HOME to a directory of yours.",
        )
    return path


def runs_directory() -> Path:
    """Return the directory that holds one directory per run."""
    return private_directory(state_directory() / "runs")
