"""Why a job is where it is, as text."""

from __future__ import annotations

from collections.abc import Iterable

from torc_core.operations.repair.why import Reason, Weight
from torc_tui.state.texts.layout import Text, facts_text
from torc_tui.theme import QUIET

_TONES = {
    Weight.PLAIN: "",
    Weight.WAITS: "cyan",
    Weight.FAILED: "red",
    Weight.NEXT: QUIET,
}


def why_text(reasons: Iterable[Reason], width: int) -> Text:
    """Lay the reasons out: what each is about at the left, the words beside it."""
    return facts_text(((each.name, each.text, _TONES[each.weight]) for each in reasons), width)
