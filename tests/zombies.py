"""Children that have ended, and were not waited for."""

from __future__ import annotations

import os

import psutil


def zombies_of(pid: int | None = None) -> dict[int, str]:
    """Return those of a process, this one by default, by their ids, with their names."""
    found = {}
    for child in psutil.Process(os.getpid() if pid is None else pid).children():
        try:
            if child.status() == psutil.STATUS_ZOMBIE:
                found[child.pid] = child.name()
        except psutil.NoSuchProcess:  # it was waited for just now
            continue
    return found
