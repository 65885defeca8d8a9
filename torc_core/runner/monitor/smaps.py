"""The proportional size (PSS) of processes, from /proc. Sources: proc(5), the kernel's proc.rst."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from torc_core.clock import Clock
from torc_core.runner.guard.membership import Process
from torc_core.runner.logs import log
from torc_core.runner.monitor.memory import Budget

SHARE = 0.0025
"""The part of one core that readings may take."""
_PSS = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ProportionalSizes:
    """Reads proportional sizes, and watches what that costs.

    Args:
        clock: The time.
        proc: Where /proc is.
    """

    def __init__(self, clock: Clock, proc: str = "/proc") -> None:
        self._clock = clock
        self._proc = Path(proc)
        self._has_proc = Path(proc, "self").exists()
        self._budget = Budget(SHARE, clock.monotonic())
        self._has_warned = False

    def may_read(self) -> bool:
        """Return whether readings have cost little enough lately."""
        return self._budget.has_credit(self._clock.monotonic())

    def read(self, process: Process) -> int:
        """Return the proportional size in bytes; 0 of a process that has just exited.

        Without /proc the resident size counts. Where it may not be read (an older kernel, a process
        of another user), what the process does not share counts, and the log says so once.
        """
        if not self._has_proc:
            return process.resident_bytes
        before = time.thread_time()
        try:
            found = _PSS.search(Path(self._proc, str(process.pid), "smaps_rollup").read_bytes())
        except ProcessLookupError:
            return 0
        except OSError as error:
            return self._read_unshared(process, error)
        finally:
            self._budget.spend(time.thread_time() - before)
        return int(found[1]) * 1024 if found else 0

    def _read_unshared(self, process: Process, reason: OSError) -> int:
        try:
            fields = Path(self._proc, str(process.pid), "statm").read_bytes().split()
        except OSError:
            return 0
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "Memory that processes share cannot be read; only the rest is counted",
                pid=process.pid,
                error=reason,
            )
        return (int(fields[1]) - int(fields[2])) * _PAGE
