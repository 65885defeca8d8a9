"""Workflow files from which workflows were created here, to be chosen again."""

from __future__ import annotations

import os
from pathlib import Path

from torc_core.characters import is_shown
from torc_core.errors import MachineError
from torc_core.host.directories import state_directory
from torc_core.host.files.json_file import change_record, read_record

MOST = 20
_RECORD = "recent_files.json"


def recent_files() -> list[str]:
    """Return the paths, newest first; none without a state directory."""
    try:
        return _usable(read_record(state_directory() / _RECORD, list[str]))
    except (OSError, MachineError):
        return []


def note_file(path: Path) -> None:
    """Put a file first; a file system that refuses it is nothing to the user."""
    try:
        new = os.path.abspath(path)  # noqa: PTH100 - a link stays what the user chose
        change_record(
            state_directory() / _RECORD,
            list[str],
            lambda found: [new, *(each for each in _usable(found) if each != new)][:MOST],
        )
    except (OSError, MachineError):
        return


def _usable(found: list[str] | None) -> list[str]:
    return [path for path in found or [] if is_shown(path)][:MOST]


def shortened(path: str) -> str:
    """Return a path as short as it can be typed: from here, or from home."""
    for base, sign in ((_here(), ""), (str(Path("~").expanduser()) + "/", "~/")):
        if base != "/" and path.startswith(base):
            return sign + path.removeprefix(base)
    return path


def _here() -> str:
    try:
        return f"{Path.cwd()}/"
    except FileNotFoundError:
        return "/"
