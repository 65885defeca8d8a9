"""Locks on files, flock(2): one process holds each.

The kernel releases a lock with the end of its process, however that ends. The file stays: were it
deleted, two processes could hold two files of one name.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from pathlib import Path

_FAR = 1 << 62
"""A byte that no file has."""


class FileLock(contextlib.AbstractContextManager["FileLock"]):
    """A lock that is held, until it is released or the process ends.

    Args:
        descriptor: Of the locked file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._descriptor)

    def __exit__(self, *_: object) -> None:
        """Release it."""
        self.release()


def lock_file(path: Path) -> FileLock:
    """Lock a file, which is created if need be; wait while another process has it.

    Raises:
        OSError: It cannot be locked.
    """
    lock = _lock(path, fcntl.LOCK_EX)
    assert lock is not None
    return lock


def try_lock_file(path: Path) -> FileLock | None:
    """Lock a file, which is created if need be; return None if another process has it.

    Raises:
        OSError: It cannot be locked.
    """
    return _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


def try_lock_contents(path: Path) -> FileLock | None:
    """Lock a file that other locks of its owner protect too; None if another process has it.

    It holds by all names of the file, and leaves those other locks alone: it is of a byte far
    behind the end, and of this descriptor, as closing another one would release a lock of the
    process. Where the system or the file system has no such locks (fcntl(2), F_OFD_SETLK), nothing
    is locked.

    Raises:
        OSError: It cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR)
    if hasattr(fcntl, "F_OFD_SETLK"):
        wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, _FAR, 1, 0)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            return None
        except OSError:
            pass
    return FileLock(descriptor)


def is_locked(path: Path) -> bool:
    """Return whether a process has the lock; without the file, none has."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    with FileLock(descriptor):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # no file system for locks
            return False
    return False


def _lock(path: Path, operation: int) -> FileLock | None:
    # Open for writing, as network file systems demand.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, operation)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return FileLock(descriptor)
