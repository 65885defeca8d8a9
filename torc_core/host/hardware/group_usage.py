"""The use of the control group that limits this process, instead of the whole machine.

Sources: the kernel's cgroup-v2 and cgroup-v1 (memory, cpuacct) guides.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torc_core.host.hardware.control_groups import V2, groups_above

_UNLIMITED = 2**62
"""Version 1 writes the greatest number of pages for no limit."""


class GroupUsage:
    """The innermost groups of this process that limit its memory and its CPU.

    Args:
        root: Where proc and sys are mounted.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._memory = (
            _find(V2, "memory.max", root, _memory_v2)
            or _find("memory", "memory.limit_in_bytes", root, _memory_v1)
            or _unknown
        )
        self._cpu = (
            _find(V2, "cpu.max", root, _cpu_v2)
            or _find("cpu", "cpu.cfs_quota_us", root, _cpu_v1)
            or _unknown
        )

    def memory_bytes(self) -> int | None:
        """Return the memory in use, without files that are only cached; None without a limit."""
        found = self._memory()
        return None if found is None else int(found)

    def cpu_s(self) -> float | None:
        """Return the CPU time used so far; None without a limit."""
        return self._cpu()


def _find(
    controller: str, limit: str, root: Path, read: Callable[[Path], float | None]
) -> Callable[[], float | None] | None:
    for group in groups_above(controller, root):
        if _has_limit(group / limit) and read(group) is not None:
            return lambda: read(group)
    return None


def _unknown() -> None:
    return None


def _has_limit(path: Path) -> bool:
    first = _text(path).split(" ")[0].strip()
    return first.isdecimal() and int(first) < _UNLIMITED


def _memory_v2(group: Path) -> float | None:
    return _without_cache(group, "memory.current", "inactive_file")


def _memory_v1(group: Path) -> float | None:
    return _without_cache(group, "memory.usage_in_bytes", "total_inactive_file")


def _without_cache(group: Path, usage: str, cache: str) -> float | None:
    used, cached = _text(group / usage).strip(), _field(group / "memory.stat", cache)
    return max(int(used) - int(cached or 0), 0) if used.isdecimal() else None


def _cpu_v2(group: Path) -> float | None:
    used = _field(group / "cpu.stat", "usage_usec")
    return None if used is None else used / 1e6


def _cpu_v1(group: Path) -> float | None:
    """Read cpuacct, which is mounted together with cpu on nearly all systems."""
    used = _text(group / "cpuacct.usage").strip()
    return int(used) / 1e9 if used.isdecimal() else None


def _field(path: Path, name: str) -> float | None:
    """Return a number from a file of lines `name number`."""
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdecimal():
            return int(value)
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
