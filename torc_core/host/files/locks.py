"""Locks on files, flock(2): of the processes that want one, one has it.

The kernel releases a lock with the end of its process, however that ends. The file stays: were it
deleted, two processes could hold two files of one name.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path


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
