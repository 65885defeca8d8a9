"""What the first line says of a server that answers, but not well; nothing where all is fine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torc_core.model.workflow import Health
from torc_tui.terminal import clean
from torc_tui.theme import Cell

_STEPS_S = (0.5, 1, 2, 5, 10, 30)
"""What is said of latencies, so that the line is repainted for changes that matter only."""
_WORDS: Mapping[str, tuple[str, str]] = {
    "full": ("✗ database disk full", "bold red"),
    "read-only": ("✗ database read-only", "bold red"),
    "locked": ("✗ database locked", "bold red"),
    "failing": ("✗ database disk fails", "bold red"),
    "damaged": ("✗ database damaged", "bold red"),
    "low": ("! database disk nearly full", "yellow"),
    "journal": ("! database log large", "yellow"),
}


class HealthLook(NamedTuple):
    """What a server said of itself, and how long that took."""

    health: Health
    latency_s: float


def health_cell(look: HealthLook | None) -> Cell | None:
    """Return what is wrong, in a few words."""
    if look is None:
        return None
    if look.health.database != "ok":
        usual = f"✗ database: {clean(look.health.database)[:20]}", "bold red"
        return Cell(*_WORDS.get(look.health.database, usual))
    step = max((each for each in _STEPS_S if each <= look.latency_s), default=None)
    return None if step is None else Cell(f"answers in {step:g}s", "yellow")


def health_sentence(before: HealthLook | None, now: HealthLook) -> str:
    """Return what to say once, when the database is no longer as it was; else nothing."""
    was = "ok" if before is None else before.health.database
    if now.health.database == was:
        return ""
    if now.health.database == "ok":
        return "The server's database is in order again."
    return f"{now.health.problem} {now.health.hint}".strip()
