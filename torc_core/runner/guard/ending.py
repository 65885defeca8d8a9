"""What is done next to a process that is being ended, and to all that descends from it. Pure."""

from __future__ import annotations

import signal
from typing import NamedTuple

KILL_PAUSE_S = 0.02
"""Between two rounds of SIGKILL: what forks fast is caught in one of them."""
LOOK_S = 0.5
"""How often to look whether a tree is over; mostly the exit of a child says so first."""
GIVE_UP_S = 30.0
"""How long SIGKILL is repeated. What is left then hangs in the kernel, such as on a dead disk."""


class Step(NamedTuple):
    """What is done now."""

    look_at: float
    """When to decide again."""
    signum: signal.Signals | None = None
    """What is sent to all that is left."""
    is_over: bool = False


def next_step(
    now: float,
    kill_at: float,
    *,
    asks_by: signal.Signals = signal.SIGTERM,
    has_exited: bool,
    was_asked: bool,
    left: int | None,
) -> Step:
    """Return what is done now.

    Args:
        now: Monotonic.
        kill_at: When its grace ends.
        asks_by: The signal that asks it to end.
        has_exited: Whether the process itself was reaped.
        was_asked: Whether that was sent.
        left: How many live processes belong to it; None if that is not known at present.
    """
    if has_exited and left == 0:
        return Step(now, is_over=True)
    if now >= kill_at + GIVE_UP_S:
        return Step(now, is_over=True)
    if now >= kill_at:
        return Step(now + KILL_PAUSE_S, signal.SIGKILL)
    if left is None:
        return Step(min(kill_at, now + KILL_PAUSE_S))
    return Step(min(kill_at, now + LOOK_S), None if was_asked else asks_by)
