"""Deleting directories, on network file systems, too.

On NFS a file that some process has open lives on as `.nfs*` when it is deleted, and its directory
with it. When the file is closed it goes, and the directory is left empty.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

_UNUSED_S = 3600.0
"""An empty directory older than this is not about to be filled."""


def delete_directory(directory: Path) -> None:
    """Delete a directory and as much of its contents as can be deleted now."""
    shutil.rmtree(directory, ignore_errors=True)


def delete_left_over(directory: Path) -> None:
    """Delete an empty directory that an earlier deletion has left."""
    with contextlib.suppress(OSError):  # it is not empty, or gone
        if time.time() - directory.stat().st_mtime > _UNUSED_S:
            directory.rmdir()


def unchanged_s(directory: Path) -> float:
    """Return for how many seconds neither a directory nor a file in it was changed.

    The time of a directory says nothing of files that grow.

    Raises:
        OSError: It cannot be read, or a file has just been deleted.
    """
    last_change = max(path.stat().st_mtime for path in [directory, *directory.iterdir()])
    return time.time() - last_change
