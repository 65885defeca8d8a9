"""Small JSON files that survive a crash while they are written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from torc_core.decoders import decode
from torc_core.host.files.locks import lock_file
from torc_core.host.files.regular import IrregularFileError, open_regular
from torc_core.host.files.replacement import replacing
from torc_core.units import format_bytes

T = TypeVar("T")

LONGEST_RECORD = 16 << 20
"""Bytes. What is longer was not written by torc, and is not read into memory."""


class RecordError(Exception):
    """A file holds no record; its text says why, as the end of a sentence about the file."""


def write_record(path: Path, record: object) -> None:
    """Replace the file by `record` as JSON, mode 0600; readers see the old or the new one."""
    with replacing(path, mode=0o600, follows=False) as file:
        file.write(msgspec.json.format(msgspec.json.encode(record), indent=2))


def change_record(path: Path, kind: type[T], change: Callable[[T | None], object]) -> None:
    """Replace the file by what `change` makes of the record in it, None if there is no valid one.

    Of programs that do so together one waits for the other, so that no change is lost; where the
    file system knows no locks, the later one wins.

    Raises:
        OSError: It cannot be written.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            held.enter_context(lock_file(path.with_name(f"{path.name}.lock")))
        write_record(path, change(read_record(path, kind)))


def read_record(path: Path, kind: type[T]) -> T | None:
    """Return the record in the file, or None if there is none or it is invalid."""
    try:
        return load_record(path, kind)
    except RecordError:
        return None


def load_record(path: Path, kind: type[T]) -> T:
    """Return the record in the file.

    Raises:
        RecordError: There is none, it cannot be read, or it is another one.
    """
    try:
        data = _read(path)
    except FileNotFoundError:
        raise RecordError("is missing") from None
    except IsADirectoryError:
        raise RecordError("is a directory, not a file") from None
    except IrregularFileError:
        raise RecordError("is a pipe or a device, not a file") from None
    except OSError as error:
        raise RecordError(f"cannot be read: {error.strerror}") from error
    if not data.strip():
        raise RecordError("is empty")
    try:
        return decode(data, kind)
    except msgspec.ValidationError as error:
        raise RecordError(f"is not as torc writes it: {error}") from error
    except UnicodeDecodeError as error:
        raise RecordError("is not UTF-8") from error
    except ValueError as error:
        raise RecordError(f"is not JSON: {error}") from error
    except RecursionError as error:
        raise RecordError("is not as torc writes it: it is nested too deeply") from error


def _read(path: Path) -> bytes:
    descriptor = open_regular(path)
    try:
        size = os.fstat(descriptor).st_size
        if size > LONGEST_RECORD:
            raise RecordError(f"is {format_bytes(size)} long, far more than torc writes")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(LONGEST_RECORD)
    finally:
        os.close(descriptor)
