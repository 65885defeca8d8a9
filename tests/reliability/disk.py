"""A disk under SQLite that can fill up, fail, and lose its power.

The library that Python's driver is linked with gets a VFS of ours as its default: that of Unix, but
for the functions that change files. What they do is recorded, in order, so that afterwards the
disk can be built as it would be after a loss of power at any moment: what was synced is there, and
of what was written since any part.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, NamedTuple

SECTOR = 512
"""What a disk writes as a whole."""
# The name as a pointer: what the URI says follows it in memory.
_X_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_X_DELETE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_X_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_X_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_X_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        ("others", c_void_p * 14),
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("truncate", c_void_p),
        ("sync", c_void_p),
        ("others", c_void_p * 13),
    )


class Operation(NamedTuple):
    """Something that happened to a file, or a mark of the test."""

    kind: str
    """`write`, `truncate`, `sync`, `delete`, `mark`"""
    path: str
    offset: int = 0
    """Or the new size, or the number of the mark."""
    data: bytes = b""


class Disk:
    """Sees what SQLite does to files, and may refuse it."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.records = True
        self.changes = 0
        """How many were made."""
        self.code = 0
        """What changes are answered with, once `left` of them were made: an error of SQLite."""
        self.left = 0
        self.refused = 0

    def mark(self, number: int) -> None:
        """Note that the test has seen something."""
        self.operations.append(Operation("mark", "", number))

    def refuse(self, code: int, after: int) -> None:
        """Let so many changes pass, and refuse all others."""
        self.code, self.left, self.refused = code, after, 0

    def heal(self) -> None:
        """Refuse nothing more."""
        self.code = 0

    def admit(self, operation: Operation) -> int:
        """Return 0, or the error that the operation ends with."""
        if self.code and operation.kind != "delete":
            if self.left == 0:
                self.refused += 1
                return self.code
            self.left -= 1
        self.changes += operation.kind != "delete"
        if self.records:
            self.operations.append(operation)
        return 0


def _library() -> Any:
    """Return the library that the driver has loaded."""
    found = ctypes.CDLL(_sqlite3.__file__)
    found.sqlite3_vfs_find.restype = POINTER(_Vfs)
    found.sqlite3_vfs_find.argtypes = [c_char_p]
    found.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    return found


@contextmanager
def recorded_disk() -> Iterator[Disk]:
    """Have all connections that are opened from now on use a disk of ours."""
    library = _library()
    plain = library.sqlite3_vfs_find(None)
    disk = Disk()
    vfs = _Vfs.from_buffer_copy(plain.contents)
    callbacks = _Callbacks(disk, plain)
    vfs.name = b"recorded"
    vfs.next = None
    vfs.open = ctypes.cast(callbacks.open, c_void_p).value
    vfs.delete = ctypes.cast(callbacks.delete, c_void_p).value
    library.sqlite3_vfs_register(ctypes.byref(vfs), 1)
    try:
        yield disk
    finally:
        library.sqlite3_vfs_register(plain, 1)
        library.sqlite3_vfs_unregister(ctypes.byref(vfs))
        _KEPT.append((vfs, callbacks))


_KEPT: list[Any] = []
"""What a connection that is still open may call."""


class _Callbacks:
    """The functions of the VFS; each calls that of Unix."""

    def __init__(self, disk: Disk, plain: Any) -> None:
        self._disk = disk
        self._plain = plain
        self._paths: dict[int, str] = {}
        """By file."""
        self._methods: dict[int, _Methods] = {}
        """Ours, by those of Unix."""
        self._originals: dict[int, _Methods] = {}
        """Those of Unix, by file."""
        self.open = _X_OPEN(self._open)
        self.delete = _X_DELETE(self._delete)
        self._write_callback = _X_WRITE(self._write)
        self._truncate_callback = _X_TRUNCATE(self._truncate)
        self._sync_callback = _X_SYNC(self._sync)
        self._plain_open = _X_OPEN(plain.contents.open)
        self._plain_delete = _X_DELETE(plain.contents.delete)

    def _open(self, _: int, name: int | None, file: int, flags: int, out: int) -> int:
        plain = ctypes.cast(self._plain, c_void_p).value
        code: int = self._plain_open(plain, name, file, flags, out)
        slot = ctypes.cast(file, POINTER(c_void_p))
        if code or name is None or not slot[0]:
            return code
        theirs = slot[0]
        if theirs not in self._methods:
            ours = _Methods.from_buffer_copy(ctypes.cast(theirs, POINTER(_Methods)).contents)
            ours.write = ctypes.cast(self._write_callback, c_void_p).value
            ours.truncate = ctypes.cast(self._truncate_callback, c_void_p).value
            ours.sync = ctypes.cast(self._sync_callback, c_void_p).value
            self._methods[theirs] = ours
        self._paths[file] = ctypes.string_at(name).decode()
        self._originals[file] = ctypes.cast(theirs, POINTER(_Methods)).contents
        slot[0] = ctypes.addressof(self._methods[theirs])
        return code

    def _delete(self, _: int, name: bytes, syncs: int) -> int:
        plain = ctypes.cast(self._plain, c_void_p).value
        self._disk.admit(Operation("delete", name.decode(), syncs))
        code: int = self._plain_delete(plain, name, syncs)
        return code

    def _write(self, file: int, data: int, size: int, offset: int) -> int:
        written = ctypes.string_at(data, size)
        code = self._disk.admit(Operation("write", self._paths[file], offset, written))
        return code or _X_WRITE(self._originals[file].write)(file, data, size, offset)

    def _truncate(self, file: int, size: int) -> int:
        code = self._disk.admit(Operation("truncate", self._paths[file], size))
        return code or _X_TRUNCATE(self._originals[file].truncate)(file, size)

    def _sync(self, file: int, flags: int) -> int:
        code = self._disk.admit(Operation("sync", self._paths[file]))
        return code or _X_SYNC(self._originals[file].sync)(file, flags)


class _File:
    """A file as it is in memory and on the disk."""

    def __init__(self) -> None:
        self.synced: bytes | None = None
        """None: it is not in the directory yet."""
        self.pending: list[Operation] = []


def files_after_cut(
    operations: list[Operation], before: dict[str, bytes], chance: random.Random
) -> dict[str, bytes]:
    """Return what is on the disk after the power failed behind the last operation.

    Args:
        operations: All up to that moment.
        before: What was there at the first one.
        chance: Decides what of that which was not synced is there all the same.
    """
    files: dict[str, _File] = {}
    for path, data in before.items():
        files[path] = _File()
        files[path].synced = data
    for each in operations:
        if each.kind == "mark":
            continue
        file = files.setdefault(each.path, _File())
        if each.kind == "sync":
            file.synced = apply(file.synced or b"", file.pending)
            file.pending = []
        elif each.kind == "delete" and each.offset:
            files.pop(each.path)
        else:
            file.pending.append(each)
    share = chance.choice([0.0, 0.5, 1.0])
    left = {}
    for path, file in files.items():
        kept = list(reaching_the_disk(file.pending, chance, share))
        if kept and kept[-1].kind == "delete":
            continue
        if file.synced is not None or kept:
            left[path] = apply(file.synced or b"", kept)
    return left


def reaching_the_disk(
    pending: list[Operation], chance: random.Random, share: float
) -> Iterator[Operation]:
    """Yield some of the operations on a name that were not synced, or what is done of them."""
    for each in pending:
        if chance.random() < share:
            yield torn(each, chance)
        elif each.kind == "delete":
            return  # what follows is of another file, which has not got the name then


def torn(operation: Operation, chance: random.Random) -> Operation:
    """Return what of a write reaches the disk: all of it, or its first sectors."""
    if operation.kind != "write" or chance.random() < 0.7:
        return operation
    sectors = chance.randint(0, len(operation.data) // SECTOR)
    return operation._replace(data=operation.data[: sectors * SECTOR])


def apply(content: bytes, operations: list[Operation]) -> bytes:
    """Return the content of a file after operations on it."""
    changed = bytearray(content)
    for each in operations:
        if each.kind == "delete":
            changed.clear()
        elif each.kind == "truncate":
            del changed[each.offset :]
        elif each.kind == "write":
            if len(changed) < each.offset:
                changed.extend(bytes(each.offset - len(changed)))
            changed[each.offset : each.offset + len(each.data)] = each.data
    return bytes(changed)


def restore(files: dict[str, bytes], path: Path, to: Path) -> None:
    """Write the files of a database to another place."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        target = Path(f"{to}{suffix}")
        target.unlink(missing_ok=True)
        if suffix != "-shm" and f"{path}{suffix}" in files:
            target.write_bytes(files[f"{path}{suffix}"])


FULL = sqlite3.SQLITE_FULL
FAILING = sqlite3.SQLITE_IOERR_WRITE
