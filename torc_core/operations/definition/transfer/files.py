"""Documents in files, and the errors when one cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from torc_core.errors import MachineError
from torc_core.host.files.replacement import replacing
from torc_core.spec.fields import MAX_PATH_LENGTH
from torc_core.spec.problems import shown


@contextmanager
def document_to_write(name: str) -> Iterator[BinaryIO]:
    """Open a file for a document; unless the block ends without an error, it stays as it was.

    Raises:
        MachineError: It cannot be written.
    """
    try:
        with replacing(Path(name)) as file:
            yield file
    except OSError as error:
        raise MachineError(
            f"{shown(name, MAX_PATH_LENGTH)} cannot be written: {error.strerror}.",
            hint="Check the path, its permissions, and the room on its disk.",
        ) from error
