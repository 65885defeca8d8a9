"""Files of this machine, as sources of bytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from torc_core.host.files.regular import open_regular
from torc_tui.state.logs.files.content import Content, Source, closed_on_error
from torc_tui.state.logs.files.unzipped import Unzipped


class LocalContent:
    """A regular file of this machine, which another process may still be writing.

    It is read with `pread` and never mapped: truncating a mapped file kills the reader.

    Raises:
        OSError: It cannot be opened, or is not a regular file, which may block or never end.
    """

    is_complete = True

    def __init__(self, path: Path) -> None:
        self._descriptor = open_regular(path)

    @property
    def size(self) -> int:
        """Its length, now."""
        return os.fstat(self._descriptor).st_size

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; less at the end."""
        return os.pread(self._descriptor, max(0, length), max(0, start))

    def advance(self) -> None:
        """All is known."""

    def state(self) -> tuple[int, ...]:
        """Return its length and when it was written."""
        status = os.fstat(self._descriptor)
        return status.st_size, status.st_mtime_ns

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)


class LocalSource(NamedTuple):
    """A path of this machine."""

    path: Path

    @property
    def shown(self) -> str:
        """The path."""
        return str(self.path)

    def open(self) -> Content:
        """Open it; what is compressed with gzip is unzipped as it is read."""
        content = LocalContent(self.path)
        with closed_on_error(content):
            if self.path.suffix == ".gz" and content.read(0, 2) == b"\x1f\x8b":
                return Unzipped(content)
        return content

    def identity(self) -> tuple[int, ...] | None:
        """Return which file is there."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def source_of(path: Path) -> Source:
    """Return the source of a file of a workflow or of a job."""
    return LocalSource(path)
