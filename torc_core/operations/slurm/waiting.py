"""Why work waits for Slurm, in its own words. Pure.

What Slurm says is text of others: these lines are to be cleaned where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable

from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.moments import said_moment
from torc_core.units import format_seconds

MOST_LINES = 3


def waiting_lines(views: Iterable[AllocationView], now: float) -> tuple[str, ...]:
    """Return one line for each allocation that waits, the one that starts first at the top.

    Args:
        views: What Slurm says of allocations.
        now: Seconds since 1970.
    """
    waiting = sorted(
        (view for view in views if view.phase is Phase.PENDING),
        key=lambda view: (view.expected_start or float("inf"), view.id),
    )
    lines = [f"allocation {view.id} {state_words(view, now)}" for view in waiting[:MOST_LINES]]
    more = len(waiting) - len(lines)
    return (*lines, *([f"and {more:,} more"] if more else []))


def state_words(view: AllocationView, now: float) -> str:
    """Return how an allocation is: "pending: Priority, start ~16:40"."""
    state = (view.state or "unknown").lower()
    parts = [view.reason, time_words(view, now)]
    return ": ".join(filter(None, [state, ", ".join(filter(None, parts))]))


def time_words(view: AllocationView, now: float) -> str:
    """Return when one that waits starts, or how long one that runs has left; empty if unknown."""
    if view.expected_start is not None:
        return f"start ~{said_moment(view.expected_start, now)}"
    if view.time_left_s is not None:
        return f"{format_seconds(view.time_left_s)} left"
    return ""
