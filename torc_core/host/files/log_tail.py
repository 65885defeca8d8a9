"""The last lines in the log of a program that did not start."""

from __future__ import annotations

from pathlib import Path

from torc_core.host.files.disk import free_bytes

_LINES = 5


def log_tail(log: Path) -> str:
    """Return the end of a log as the end of a sentence; without one, the likely reason."""
    tail = log.read_text("utf-8", "replace").splitlines()[-_LINES:]
    if not tail:
        return f"its log is empty, with {free_bytes(log.parent)} free in {log.parent}."
    return "its log ends with:\n" + "\n".join(tail)
