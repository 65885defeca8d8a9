"""Orphans: processes whose parents are dead, and which another process has inherited.

That is process 1, of the machine or of a container, or a subreaper among their ancestors, prctl(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os

_PR_GET_CHILD_SUBREAPER = 37


def is_given_orphans() -> bool:
    """Return whether orphans become children of this process."""
    if os.getpid() == 1:
        return True
    is_subreaper = ctypes.c_int()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(is_subreaper), 0, 0, 0)
    return bool(is_subreaper.value)


def reap_orphans() -> None:
    """Wait for all children that have exited, as no other process does it.

    Those that this process started itself are among them; their exit codes are lost.
    """
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
