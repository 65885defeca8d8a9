"""When the interface was last used."""

from __future__ import annotations

import os
import time

from torc_core.errors import MachineError
from torc_core.host.directories import state_directory

STAMP = "last_visit"


def note_visit() -> None:
    """Record that the interface is in use now."""
    now = time.time()  # a file system's own time lags by some milliseconds
    try:
        stamp = state_directory() / STAMP
        stamp.touch(mode=0o600)
        os.utime(stamp, (now, now))
    except (OSError, MachineError):
        return
