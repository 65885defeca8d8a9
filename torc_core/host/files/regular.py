"""Opening regular files only: reading anything else may block, or never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class IrregularFileError(OSError):
    """What is there is a pipe, a socket or a device."""


def open_regular(path: Path) -> int:
    """Return the descriptor of a file to read from; never waits.

    Raises:
        IsADirectoryError: It is a directory.
        IrregularFileError: It is something else that is not a file.
        OSError: It cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
    raise IrregularFileError(errno.EINVAL, "Is a pipe or a device, not a file", str(path))
