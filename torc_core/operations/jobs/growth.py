"""Reading files that others are still writing, from the beginning or the last lines on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Self

from torc_core.errors import MachineError
from torc_core.operations.jobs.logs import LogStream
from torc_core.operations.logs.output_directory import open_plain

_BLOCK = 1 << 16


class GrowingFiles:
    """Growing files; each byte is read once.

    They stay open, so that what is deleted while it is read is read to its end.

    Args:
        last_lines: Begin with so many lines of what is in a file when it is opened; None: all.
    """

    def __init__(self, last_lines: int | None = None) -> None:
        self._last_lines = last_lines
        self._files: dict[Path, BinaryIO] = {}

    def read(self, streams: Iterable[LogStream]) -> Iterator[tuple[LogStream, bytes]]:
        """Yield what has been written to the files since the last time; those that exist.

        Raises:
            MachineError: A file cannot be read.
        """
        for stream in streams:
            file = self._opened(stream.path)
            while file is not None and (data := file.read(_BLOCK)):
                yield stream, data

    def _opened(self, path: Path) -> BinaryIO | None:
        if path not in self._files:
            file = open_plain(path)
            if file is None:
                if os.path.lexists(path):
                    raise MachineError(
                        f"{path} cannot be read, or is not a regular file.",
                        hint="Check its permissions.",
                    )
                return None
            self._files[path] = file
            if self._last_lines is not None:
                file.seek(start_of_last_lines(file, self._last_lines))
        return self._files[path]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for file in self._files.values():
            file.close()


def start_of_last_lines(file: BinaryIO, count: int, *, block: int = _BLOCK) -> int:
    """Return where the last lines of a file begin; one without its end counts as a line.

    Args:
        file: The file; its position changes.
        count: How many lines.
        block: How much is read at a time.
    """
    at = file.seek(0, os.SEEK_END)
    if count == 0:
        return at
    at -= 1  # the end of the last line begins no other
    while at > 0:
        low = max(0, at - block)
        file.seek(low)
        data = file.read(at - low)
        place = len(data)
        while (place := data.rfind(b"\n", 0, place)) >= 0:
            count -= 1
            if count == 0:
                return low + place + 1
        at = low
    return 0
