"""Small JSON files that survive a crash while they are written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def write_record(path: Path, record: object) -> None:
    """Replace the file by `record` as JSON, mode 0600; readers see the old or the new one."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        # Not os.write: as a disk fills up, it writes a part and reports success.
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(record), indent=2))
            file.flush()
            os.fsync(descriptor)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    fresh.replace(path)


def read_record(path: Path, kind: type[T]) -> T | None:
    """Return the record in the file, or None if there is none or it is invalid."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
