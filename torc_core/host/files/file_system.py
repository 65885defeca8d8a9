"""Whether a directory is on a file system of this machine alone."""

from __future__ import annotations

from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_OF_ONE_MACHINE = frozenset(
    {"btrfs", "ext2", "ext3", "ext4", "overlay", "ramfs", "tmpfs", "xfs", "zfs"}
)
"""Kinds that other machines do not see, unless they are exported to them under the same path."""


def local_file_system(path: Path) -> str | None:
    """Return the kind of the file system if other machines probably do not see it, else None.

    Args:
        path: A directory, which need not exist yet.
    """
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    kind = kind_of_mount(mounts, path.absolute())
    return kind if kind in _OF_ONE_MACHINE else None


def kind_of_mount(mounts: str, path: Path) -> str | None:
    """Return the kind of the file system that a path is on. Pure.

    Source: proc(5), `/proc/pid/mountinfo`: the fifth field is the mount point, with spaces and the
    like in octal; the kind is the first field after a lone hyphen.

    Args:
        mounts: The content of that file; of mounts on one point the last is seen.
        path: Absolute.
    """
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields, _, after = line.partition(" - ")
        if len(parts := fields.split(" ")) < 5 or not after:
            continue
        point = Path(_unescaped(parts[4]))
        if path.is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = len(point.parts), after.split(" ")[0]
    return found[1] if found else None


def _unescaped(text: str) -> str:
    for code in ("040", "011", "012", "134"):
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text
