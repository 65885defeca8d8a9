"""What a process has cost so far, exactly, and however busy the machine is."""

from __future__ import annotations

import re
import time
from pathlib import Path


def cpu_s(pid: int) -> float:
    """Return the seconds of the processor that a process has had."""
    return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3), which Python lacks


def waited_s(pid: int) -> float:
    """Return how long the main thread of a process has waited for a processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def most_memory(pid: int) -> int:
    """Return the most bytes that a process has had resident at any moment."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024
