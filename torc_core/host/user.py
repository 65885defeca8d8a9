"""Who uses this machine, where the account may have no line in passwd and no home."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from torc_core.errors import MachineError


def user_name() -> str:
    """Return the user's name, as the reference does: `$USER`, else the account's, else its id."""
    try:
        return os.environ.get("USER") or os.environ.get("USERNAME") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def expand_home(path: Path) -> Path:
    """Return a path with a leading `~` replaced.

    Raises:
        MachineError: The home is not known.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise MachineError(
            f"The home directory that {path} means is not known.",
            hint="Set HOME, or write the path out.",
        ) from error
