"""Which process is meant: a pid alone is used again by the next one.

A process is known by its pid, its start time and the boot of the machine.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import msgspec


class ProcessIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """One process of one boot of one machine."""

    host: str
    boot_id: str
    pid: int
    pid_start: int
    """Clock ticks since the boot, field 22 of `/proc/PID/stat` (proc(5))."""

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """Return the identity of a live process of this machine.

        Raises:
            ProcessLookupError: There is no such process.
        """
        start = _start_time(pid)
        if start is None:
            raise ProcessLookupError(pid)
        return cls(host=os.uname().nodename, boot_id=boot_id(), pid=pid, pid_start=start)

    def is_here(self) -> bool:
        """Return whether it belongs to this machine; elsewhere nothing can be said of its life."""
        return self.host == os.uname().nodename

    def is_alive(self) -> bool:
        """Return whether it lives on this machine."""
        return (
            self.is_here() and self.boot_id == boot_id() and self.pid_start == _start_time(self.pid)
        )


def let_go(process: subprocess.Popen[Any]) -> ProcessIdentity:
    """Return who a started process is, and stop minding it: it outlives this one on purpose."""
    # Popen warns of a child that nobody waited for unless it believes that it has ended.
    process.returncode = 0
    return ProcessIdentity.of(process.pid)


@cache
def boot_id() -> str:
    """Return the id of this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def _start_time(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name, field 2, may hold anything, also blanks and parentheses; it ends at the last one.
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] == b"Z" else int(fields[19])
