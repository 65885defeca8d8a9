"""Files that are replaced as a whole: readers see the old content or the new one."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, *, mode: int = 0o666, follows: bool = True) -> Iterator[BinaryIO]:
    """Open a file whose content takes the place of `path` when the block ends without an error.

    Args:
        path: The file; if it is a link, what that leads to. What is not a regular file, such as a
            pipe, is written to directly.
        mode: Its permissions, less the umask, and less those that an existing file lacks.
        follows: Without it nothing of what has that name now matters: where a link leads, or who
            reads from a pipe. For secrets in directories where others may write.

    Raises:
        OSError: It cannot be written; `path` is as it was.
    """
    present = None
    if follows:
        path = path.resolve()
        present = _mode_of(path)
    if present is not None and not stat.S_ISREG(present):
        with path.open("wb") as file:
            yield file
        return
    # An unguessable name: in a shared directory another user could place a link there.
    fresh = path.with_name(f".{secrets.token_hex(8)}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(fresh, flags, mode if present is None else mode & present)
    try:
        # Not os.write: as a disk fills up, it writes a part and reports success.
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync_names(path.parent)


def sync_names(directory: Path) -> None:
    """Let what is called how in a directory survive a loss of power.

    What is synced of a file is its content, not its name. A directory that cannot be synced, as on
    some network file systems, is left as it is.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
