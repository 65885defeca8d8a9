"""How states are shown: a glyph, a letter and a color each, so that none depends on color.

Colors have the names of a terminal's own 16, which every theme maps to its shades.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.style import Style

from torc_core.model.events.event import Severity
from torc_core.model.status import JobStatus


class Look(NamedTuple):
    """The appearance of a state."""

    glyph: str
    letter: str
    tone: str
    """A Rich style: a color of the terminal, or empty for its foreground."""


class Cell(NamedTuple):
    """A piece of text on one line, and how it looks."""

    text: str
    """Without control characters: see `terminal.clean`."""
    tone: str = ""
    """A Rich style."""


QUIET = "bright_black"
"""The tone of what matters less."""

JOB_LOOK: dict[str, Look] = {
    JobStatus.UNINITIALIZED: Look("·", "U", QUIET),
    JobStatus.BLOCKED: Look("·", "B", QUIET),
    JobStatus.READY: Look("○", "Y", "cyan"),
    JobStatus.PENDING: Look("◌", "P", "blue"),
    JobStatus.RUNNING: Look("▶", "R", "yellow"),
    JobStatus.COMPLETED: Look("✓", "C", "green"),
    JobStatus.FAILED: Look("✗", "F", "red"),
    JobStatus.CANCELED: Look("-", "K", "magenta"),
    JobStatus.TERMINATED: Look("!", "T", "magenta"),
    JobStatus.DISABLED: Look("-", "D", QUIET),
    JobStatus.PENDING_FAILED: Look("?", "?", "red"),
}

UNKNOWN = Look("?", "?", "")
"""A status of a newer server."""

WORKFLOW_LOOK: dict[str, Look] = {
    "empty": Look("·", "E", QUIET),
    "new": Look("·", "N", QUIET),
    "reset": Look("·", "U", "cyan"),
    "ready": Look("○", "R", "cyan"),
    "running": Look("▶", "R", "yellow"),
    "failed": Look("✗", "F", "red"),
    "canceled": Look("-", "K", "magenta"),
    "done": Look("✓", "D", "green"),
    "archived": Look("□", "A", QUIET),
}

SEVERITY_TONE: dict[str, str] = {
    Severity.DEBUG: QUIET,
    Severity.INFO: "",
    Severity.WARNING: "yellow",
    Severity.ERROR: "red",
}


def look_of(status: str | None) -> Look:
    """Return how a job's status looks."""
    return JOB_LOOK.get(status or "", UNKNOWN)


@lru_cache(maxsize=64)
def tone_style(tone: str) -> Style:
    """Return the Rich style of a tone."""
    return Style.parse(tone)
