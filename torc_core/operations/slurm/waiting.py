"""Why work waits for Slurm, in its own words. Pure.

What Slurm says is text of others: these lines are to be cleaned where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Phase
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
    told = [view.reason, time_words(view, now)]
    return ": ".join(filter(None, [state, ", ".join(filter(None, told))]))


def time_words(view: AllocationView, now: float) -> str:
    """Return when one that waits starts, or how long one that runs has left; empty if unknown."""
    if view.expected_start is not None:
        return f"start ~{moment_words(view.expected_start, now)}"
    if view.time_left_s is not None:
        return f"{format_seconds(view.time_left_s)} left"
    return ""


def moment_words(moment: float, now: float) -> str:
    """Return a moment (seconds since 1970) in local time: "16:40", or "12-01 16:40" of another day.

    Args:
        moment: It may be one that no calendar has: users set begin times.
        now: The present moment.
    """
    try:
        then = datetime.fromtimestamp(moment, tz=UTC).astimezone()
    except (OverflowError, OSError, ValueError):
        return "?"
    today = datetime.fromtimestamp(now, tz=UTC).astimezone().date()
    return f"{then:%H:%M}" if then.date() == today else f"{then:%m-%d %H:%M}"
