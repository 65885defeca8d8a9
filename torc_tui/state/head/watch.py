"""What the first line of the screen says about a watch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torc_core.moments import said_moment
from torc_core.operations.recovery.watch.decide import (
    Decision,
    Finish,
    Recover,
    Release,
    RunHere,
    Schedule,
    Settle,
    Wait,
)
from torc_tui.theme import Cell


@dataclass(frozen=True, slots=True)
class WatchState:
    """A watch of this interface, and its latest decision."""

    workflow_id: int
    retries: int
    """Recoveries in a row, so far."""
    most_retries: int
    decision: Decision | None = None
    """None before the first one."""


def watch_cell(watch: WatchState | None, others: Sequence[WatchState]) -> Cell | None:
    """Return how a watch is, such as "watch 2/3 waits"; None if there is none.

    Args:
        watch: That of the workflow in sight; None if it is not watched.
        others: The watches of all other workflows.
    """
    if watch is None and not others:
        return None
    if watch is None:
        ids = f"#{others[0].workflow_id}" if len(others) == 1 else f"{len(others)} workflows"
        return Cell(f"watch {ids}", "cyan")
    more = f" +{len(others)}" if others else ""
    text = f"watch {watch.retries}/{watch.most_retries}{more}"
    doing = _doing(watch.decision)
    tone = "yellow" if isinstance(watch.decision, Recover | Schedule | RunHere) else "cyan"
    return Cell(f"{text} {doing}".rstrip(), tone)


_DOING: Mapping[type[Decision], str] = {
    Wait: "waits",
    Recover: "recovers",
    Schedule: "requests nodes",
    RunHere: "runs it here",
    Settle: "cleans up",
    Release: "cancels allocations",
    Finish: "ends",
}


def _doing(decision: Decision | None) -> str:
    if isinstance(decision, Wait) and decision.until is not None:
        return f"waits until {said_moment(decision.until, time.time())}"
    return "" if decision is None else _DOING[type(decision)]
