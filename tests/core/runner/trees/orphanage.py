"""What makes a program one that is given orphans: process 1 of a container, or a subreaper."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from functools import cache

_BECOME_SUBREAPER = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
SUBREAPER = [sys.executable, "-ISc", _BECOME_SUBREAPER]
"""Precedes a program that is to be given the orphans among its descendants, prctl(2)."""
_CONTAINERS = [
    ["unshare", "--pid", "--fork", "--mount-proc"],
    ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"],
]


@cache
def container() -> list[str] | None:
    """Return what precedes a program that is to be process 1; None where that is not allowed."""
    for command in _CONTAINERS:
        with contextlib.suppress(OSError):
            if not subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
                return command
    return None


def orphanages() -> dict[str, list[str]]:
    """Return what may precede a runner, by name."""
    found = {"subreaper": SUBREAPER}
    if (command := container()) is not None:
        found["process 1"] = command
    return found
