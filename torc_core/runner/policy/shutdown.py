"""When and why a runner leaves."""

from __future__ import annotations

import logging
import time

from torc_core.errors import ExitCode
from torc_core.runner.policy.limits import IdleLimits
from torc_core.runner.policy.timers import Timer, TimerKind, Timers

log = logging.getLogger("torc.runner")

HURRY_S = 1.0
"""How long a runner that was asked twice to stop tries to tell how its jobs ended."""


class ShutdownPolicy:
    """Knows whether the runner leaves, and keeps the deadlines after which it does.

    Args:
        deadlines: Where they are entered.
        patience: How long the runner stays.
    """

    def __init__(self, deadlines: Timers, patience: IdleLimits) -> None:
        self.why: str | None = None
        """In words; None: it stays."""
        self.gives_up = False
        """It leaves even if nobody takes its report."""
        self.stop_code: ExitCode | None = None
        """What a signal asked for."""
        self.patience = patience
        self._deadlines = deadlines

    @property
    def is_near(self) -> bool:
        """Whether the runner leaves as soon as its jobs have ended and that is told."""
        return self.why is not None

    def leave(self, why: str) -> None:
        """Leave as soon as everything is told; the first reason counts."""
        if self.why is None:
            log.info("leaving: %s", why)
            self.why = why

    def give_up(self, why: str) -> None:
        """Leave without a server that takes the report."""
        self.leave(why)
        self.gives_up = True

    def hurry(self) -> None:
        """Do not wait much longer for a server that takes the report."""
        self.patience = self.patience._replace(untold_s=HURRY_S)
        self._deadlines.clear(Timer(TimerKind.PATIENCE))

    def plan(self, *, is_idle: bool, has_no_work: bool, is_away: bool, has_report: bool) -> None:
        """Enter the deadlines that stand as things are, and clear the others.

        Args:
            is_idle: There is no job here and nothing to execute.
            has_no_work: And the server has none either.
            is_away: The server does not answer.
            has_report: Something is to be told that jobs or people wait for. It keeps the runner
                here for as long as it takes, unless the runner was told to stop.
        """
        stays = not self.is_near
        idle = is_idle and has_no_work and stays and not (is_away or has_report)
        self._stand(TimerKind.IDLE, self.patience.idle_s, when=idle)
        alone = is_idle and is_away and not has_report
        self._stand(TimerKind.NO_SERVER, self.patience.server_s, when=alone)
        stopped = is_idle and self.stop_code is not None
        self._stand(TimerKind.PATIENCE, self.patience.untold_s, when=stopped)

    def _stand(self, what: TimerKind, seconds: float, *, when: bool) -> None:
        """Keep a deadline, counted from when something became true, while it is true."""
        due = Timer(what)
        if not when:
            self._deadlines.clear(due)
        elif due not in self._deadlines:
            self._deadlines.set(due, time.monotonic() + seconds)
