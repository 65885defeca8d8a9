"""What a viewer of files knows of them: bytes, in pieces, of a source.

Sources of files of this machine are in `local`; another host that is asked piecewise would be one
more class, and nothing else would change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class Content(Protocol):
    """An open file, read in pieces. Used by one thread at a time.

    Any method may raise an OSError.
    """

    @property
    def size(self) -> int:
        """How many bytes are known to be there, now."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether all that the file has now is known; otherwise `advance` makes more known."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; less at the end."""
        ...

    def advance(self) -> None:
        """Do a short piece of the work after which more is known."""
        ...

    def state(self) -> tuple[int, ...]:
        """Return what differs once the file has been written to."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class Source(Protocol):
    """A file that can be opened; it need not exist."""

    @property
    def shown(self) -> str:
        """Its place, for people."""
        ...

    @property
    def path(self) -> Path | None:
        """Its path, if it is on this machine."""
        ...

    def open(self) -> Content:
        """Open it.

        Raises:
            OSError: It is not there, or cannot be read.
        """
        ...

    def identity(self) -> tuple[int, ...] | None:
        """Return what differs once another file is in its place; None if there is none."""
        ...


@contextmanager
def closed_on_error(content: Content) -> Iterator[None]:
    """Close a file if what is done with it at first fails, as it will be opened again."""
    try:
        yield
    except BaseException:
        content.close()
        raise
