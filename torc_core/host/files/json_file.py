"""Small JSON files that survive a crash while they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from torc_core.host.files.replacement import replacing

T = TypeVar("T")


def write_record(path: Path, record: object) -> None:
    """Replace the file by `record` as JSON, mode 0600; readers see the old or the new one."""
    with replacing(path, mode=0o600, follows=False) as file:
        file.write(msgspec.json.format(msgspec.json.encode(record), indent=2))


def read_record(path: Path, kind: type[T]) -> T | None:
    """Return the record in the file, or None if there is none or it is invalid."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError):  # not JSON, of another shape, or not UTF-8
        return None
