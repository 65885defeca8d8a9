"""Limits of the control group that this process belongs to, and of every group above it.

Both hierarchies: version 2 with one tree, version 1 with one tree per controller. A container
usually mounts only its own subtree, so a path of `/proc/self/cgroup` is taken relative to what is
mounted (proc_pid_mountinfo(5)), and groups that are not there are left out.
Source: cgroups(7); the kernel's cgroup-v2 and cgroup-v1 guides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeVar

_MOUNTS = Path("sys/fs/cgroup")
V2 = ""
"""The name under which `/proc/self/cgroup` lists the tree of version 2."""
Value = TypeVar("Value", int, float)
_OCTAL = re.compile(r"\\([0-7]{3})")


class GroupLimits(NamedTuple):
    """The least limit of all these groups; None where none is set."""

    cpus: float | None
    """CPU time per time: 1.5 is one CPU and a half."""
    memory_bytes: int | None
    paths: tuple[str, ...]
    """The groups that this process belongs to, as `/proc/self/cgroup` lists them."""


def read_limits(root: Path = Path("/")) -> GroupLimits:
    """Return the limits that hold for this process.

    Args:
        root: Where proc and sys are mounted.
    """
    own = _own_groups(root)
    mounts = _mounts(root)
    quotas = [
        *_values(mounts, own, V2, _cpu_max),
        *_values(mounts, own, "cpu", _cfs_quota),
    ]
    sizes = [
        *_values(mounts, own, V2, lambda group: _number(group / "memory.max")),
        *_values(mounts, own, "memory", lambda group: _number(group / "memory.limit_in_bytes")),
    ]
    return GroupLimits(
        min(quotas, default=None), min(sizes, default=None), tuple(sorted(set(own.values())))
    )


def groups_above(controller: str, root: Path = Path("/")) -> list[Path]:
    """Return the mounted groups to which this process belongs, the innermost first.

    Args:
        controller: Of version 1; `V2` for version 2.
        root: Where proc and sys are mounted.
    """
    own = _own_groups(root)
    return [
        group
        for mount in _mounts(root)
        if controller in mount.controllers
        for group in _upward(mount, own.get(controller, "/"))
    ]


class _Mount(NamedTuple):
    """A mounted tree of control groups."""

    controllers: frozenset[str]
    """Of version 1; `V2` stands for version 2."""
    directory: Path
    top: PurePosixPath
    """The group that is mounted there."""


def _own_groups(root: Path) -> dict[str, str]:
    """Return the path of this process's group by controller."""
    groups: dict[str, str] = {}
    for line in _lines(root / "proc/self/cgroup"):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        groups |= dict.fromkeys(controllers.split(","), path)
    return groups


def _mounts(root: Path) -> list[_Mount]:
    """Return what is mounted; the usual places if the kernel does not say."""
    found = []
    for line in _lines(root / "proc/self/mountinfo"):
        place, _, kind = line.partition(" - ")
        fields, kinds = place.split(), kind.split()
        if len(fields) > 4 and len(kinds) > 2 and kinds[0] in {"cgroup", "cgroup2"}:
            names = {V2} if kinds[0] == "cgroup2" else set(kinds[2].split(","))
            directory = root / _unescape(fields[4]).lstrip("/")
            found.append(_Mount(frozenset(names), directory, PurePosixPath(_unescape(fields[3]))))
    if found:
        return found
    top = PurePosixPath("/")
    return [
        _Mount(frozenset({V2}), root / _MOUNTS, top),
        _Mount(frozenset({V2}), root / _MOUNTS / "unified", top),
        *(_Mount(frozenset({name}), root / _MOUNTS / name, top) for name in ("cpu", "memory")),
    ]


def _values(
    mounts: list[_Mount],
    own: dict[str, str],
    controller: str,
    read: Callable[[Path], Value | None],
) -> Iterator[Value]:
    for mount in mounts:
        if controller in mount.controllers:
            for group in _upward(mount, own.get(controller, "/")):
                value = read(group)
                if value is not None:
                    yield value


def _upward(mount: _Mount, path: str) -> Iterator[Path]:
    """Yield the mounted directories of a group and of those above it."""
    group = PurePosixPath(path)
    inside = group.relative_to(mount.top) if group.is_relative_to(mount.top) else group
    parts = [part for part in inside.parts if part not in {"/", ".."}]
    for count in range(len(parts), -1, -1):
        yield mount.directory.joinpath(*parts[:count])


def _cpu_max(group: Path) -> float | None:
    """Read `cpu.max`: a quota and its period in microseconds; the quota may be `max`."""
    quota, _, period = _text(group / "cpu.max").partition(" ")
    return _ratio(quota, period)


def _cfs_quota(group: Path) -> float | None:
    """Read the same of version 1, where -1 stands for no quota."""
    return _ratio(_text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    if not (quota.isdecimal() and period.isdecimal() and int(period)):
        return None
    return int(quota) / int(period)


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    return next(iter(_lines(path)), "").strip()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []


def _unescape(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)
