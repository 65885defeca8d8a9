"""Files that torc's own code writes, as a crash or a loss of power would leave them.

Each change below one directory is seen before it happens: created, written, synced, renamed,
deleted. The program dies at one of them; or afterwards the directory is built as it would be had
the power failed: contents as they were synced, with any part of what was written since, and names
as far as their directory was synced, with some of the later changes.
"""

from __future__ import annotations

import errno
import io
import os
import random
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock


class Dead(BaseException):
    """The program is dead."""


class Change(NamedTuple):
    """A change of a file, or a mark of the test."""

    kind: str
    """`create`, `write`, `sync`, `rename`, `delete`, `sync directory`, `mark`"""
    path: str = ""
    file: int = 0
    """The inode."""
    data: bytes = b""
    to: str = ""
    number: int = 0


class Files:
    """Sees changes below a directory, and may end or refuse them."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.changes: list[Change] = []
        self.dies_at: int | None = None
        self.is_full_at: int | None = None
        """From this change on there is no space for writes."""

    def mark(self, number: int) -> None:
        """Note that the test has seen something."""
        self.changes.append(Change("mark", number=number))

    def reach(self, change: Change) -> None:
        """See a change that is about to happen."""
        at = len(self.changes)
        if self.dies_at is not None and at >= self.dies_at:
            raise Dead
        if self.is_full_at is not None and at >= self.is_full_at and change.kind == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.changes.append(change)

    def concerns(self, path: Any) -> bool:
        """Return whether a path lies below the directory."""
        return isinstance(path, str | os.PathLike) and str(path).startswith(self.root)


class _Calls:
    """The functions of the system, which files see first."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._open, self._write, self._fsync = os.open, os.write, os.fsync
        self._replace, self._unlink, self._open_file = os.replace, os.unlink, io.open

    def open(self, path: Any, flags: int, *rest: Any, **options: Any) -> int:
        concerns = self.files.concerns(path) and flags & os.O_CREAT
        if not concerns or os.path.lexists(path):
            return self._open(path, flags, *rest, **options)
        self.files.reach(Change("create", str(path)))
        fd = self._open(path, flags, *rest, **options)
        created = self.files.changes.pop()
        self.files.changes.append(created._replace(file=os.fstat(fd).st_ino))
        return fd

    def write(self, fd: int, data: Any) -> int:
        if self.files.concerns(path := path_of(fd)):
            self.files.reach(Change("write", path, os.fstat(fd).st_ino, bytes(data)))
        return self._write(fd, data)

    def sync(self, fd: int) -> None:
        if self.files.concerns(path := path_of(fd)):
            status = os.fstat(fd)
            kind = "sync directory" if stat.S_ISDIR(status.st_mode) else "sync"
            self.files.reach(Change(kind, path, status.st_ino))
        self._fsync(fd)

    def replace(self, old: Any, new: Any, **options: Any) -> None:
        if self.files.concerns(old):
            self.files.reach(Change("rename", str(old), to=str(new)))
        self._replace(old, new, **options)

    def unlink(self, path: Any, **options: Any) -> None:
        if self.files.concerns(path) and os.path.lexists(path):
            self.files.reach(Change("delete", str(path)))
        self._unlink(path, **options)

    def open_file(self, path: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        target = path_of(path) if isinstance(path, int) else path
        if not self.files.concerns(target) or "b" not in mode or mode == "rb":
            return self._open_file(path, mode, *rest, **options)
        write = self.write

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                return write(self.fileno(), data)

        def opened(name: Any, flags: int) -> int:
            return os.open(name, flags, 0o666)

        return io.BufferedWriter(
            Raw(path, mode.replace("b", ""), options.get("closefd", True), opened)
        )


def path_of(fd: int) -> str:
    """Return the path of what is open."""
    return str(Path(f"/proc/self/fd/{fd}").readlink())


@contextmanager
def watched_files(root: Path) -> Iterator[Files]:
    """See all changes below a directory that this process makes."""
    files = Files(root)
    calls = _Calls(files)
    replaced = {
        "open": calls.open,
        "write": calls.write,
        "fsync": calls.sync,
        "fdatasync": calls.sync,
        "replace": calls.replace,
        "unlink": calls.unlink,
    }
    with mock.patch.multiple(os, **replaced), mock.patch.object(io, "open", calls.open_file):
        yield files


class _Content:
    """What a file holds in memory and on the disk."""

    def __init__(self) -> None:
        self.synced = b""
        self.pending: list[bytes] = []


def left_after_cut(changes: list[Change], chance: random.Random) -> dict[str, bytes]:
    """Return the files that are there after the power failed behind the last change.

    Writes append. What is not synced may be there, or not; later changes of names only if earlier
    ones of the same directory are.
    """
    contents: dict[int, _Content] = {}
    done: list[Change] = []
    pending: list[Change] = []
    for change in changes:
        content = contents.setdefault(change.file, _Content())
        match change.kind:
            case "write":
                content.pending.append(change.data)
            case "sync":
                content.synced += b"".join(content.pending)
                content.pending = []
            case "create" | "rename" | "delete":
                pending.append(change)
            case "sync directory":
                here = [each for each in pending if str(Path(each.path).parent) == change.path]
                done += here
                pending = [each for each in pending if each not in here]
    share = chance.choice([0.0, 0.5, 1.0])
    names: dict[str, int] = {}
    for change in [*done, *pending[: chance.randint(0, len(pending))]]:
        if change.kind == "create":
            names[change.path] = change.file
        elif change.kind == "delete":
            names.pop(change.path, None)
        elif change.path in names:
            names[change.to] = names.pop(change.path)
    return {path: _settled(contents[file], share, chance) for path, file in names.items()}


def _settled(content: _Content, share: float, chance: random.Random) -> bytes:
    """Return what of a file is on the disk; what is missing in between is zeros."""
    parts = [data if chance.random() < share else bytes(len(data)) for data in content.pending]
    tail = b"".join(parts).rstrip(b"\0")
    return content.synced + tail[: chance.randint(0, len(tail))] if tail else content.synced
