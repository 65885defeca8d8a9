"""All processes of the machine, from psutil: for systems without /proc."""

from __future__ import annotations

import contextlib
import os

import psutil

from torc_core.runner.guard.membership import Process
from torc_core.runner.guard.procfs import TICKS_PER_S


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
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
        return Process(
            pid=process.pid,
            parent=process.ppid(),
            group=os.getpgid(process.pid),
            session=os.getsid(process.pid),
            start_ticks=int(process.create_time() * TICKS_PER_S),
            state="Z" if is_zombie else "S",
            threads=1 if is_zombie else process.num_threads(),
            cpu_ticks=int((times.user + times.system) * TICKS_PER_S),
            reaped_cpu_ticks=int((times.children_user + times.children_system) * TICKS_PER_S),
            resident_bytes=0 if is_zombie else process.memory_info().rss,
        )
