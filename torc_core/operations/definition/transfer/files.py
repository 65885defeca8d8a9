"""Documents in files, and what is said when a file cannot be read or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from torc_core.errors import MachineError, SpecError
from torc_core.host.files.replacement import replacing
from torc_core.spec.fields import MAX_PATH_LENGTH
from torc_core.spec.load import STANDARD_INPUT
from torc_core.spec.problems import shown


@contextmanager
def document_to_read(name: str) -> Iterator[tuple[BinaryIO, str]]:
    """Open a file, a pipe, or standard input, which is called `-`; also return its name to show.

    Raises:
        SpecError: There is no such file.
        MachineError: It cannot be read.
    """
    source = "standard input" if name == "-" else shown(name, MAX_PATH_LENGTH)
    try:
        with open(STANDARD_INPUT if name == "-" else name, "rb") as file:  # noqa: PTH123 - also ""
            yield file, source
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise SpecError(
            [f"{source}: there is no such file"],
            source=source,
            hint="Check the path; a relative one begins in the current directory.",
        ) from error
    except IsADirectoryError as error:
        raise SpecError(
            [f"{source}: is a directory"], source=source, hint="Name a file."
        ) from error
    except OSError as error:
        raise MachineError(
            f"{source} cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from error


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
