"""All processes of the machine, from psutil: for systems without /proc."""

from __future__ import annotations

import contextlib
import os

import psutil

from torc_core.runner.monitor.process_tree import Process


def scan() -> dict[int, Process]:
    """Return all processes that may be inspected, by pid; one that exits meanwhile is left out.

    Raises:
        OSError: No file descriptor is left.
    """
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            found[process.pid] = _read(process)
    return found


def _read(process: psutil.Process) -> Process:
    with process.oneshot():
        times = process.cpu_times()
        return Process(
            pid=process.pid,
            parent=process.ppid(),
            session=os.getsid(process.pid),
            cpu_s=times.user + times.system + times.children_user + times.children_system,
            memory_bytes=_memory_bytes(process),
        )


def _memory_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.ZombieProcess:
        return 0
