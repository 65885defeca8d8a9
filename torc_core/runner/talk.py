"""When to take a turn with the server, and what to say in it."""

from __future__ import annotations

import time
from collections.abc import Callable

from torc_core.model.exchange import Exchange, WorkRequest
from torc_core.runner.courier import Courier
from torc_core.runner.deadlines import Deadlines
from torc_core.runner.due import Due, What
from torc_core.runner.jobs import Jobs

TELL_STARTS_S = 0.05
"""A start is told after so long, unless the job has ended by then: the end tells both."""


class Talk:
    """Keeps one turn waiting at the server for news, and tells in another what has happened.

    Args:
        courier: Carries the turns.
        jobs: What there is to tell.
        deadlines: Where the next turn is entered.
    """

    def __init__(self, courier: Courier, jobs: Jobs, deadlines: Deadlines[Due]) -> None:
        self._is_due = True
        """The next turn is to be taken as soon as the courier is free."""
        self._courier = courier
        self._jobs = jobs
        self._deadlines = deadlines

    def hurry(self) -> None:
        """Take the next turn as soon as the courier is free."""
        self._is_due = True

    def plan(self, *, is_leaving: bool) -> None:
        """Enter when to take the next turn: at once, or a little later in company."""
        outbox, pace = self._jobs.outbox, self._jobs.pace
        if outbox.has_ends:
            self._within(pace.linger_s(len(self._jobs.waiting)))
        elif not (self._courier.in_flight or is_leaving):
            self._within(pace.pause_s(self._jobs.running))
        elif outbox.starts:
            self._within(TELL_STARTS_S)

    def take_turn(
        self, ask: Callable[[], WorkRequest | None], *, wait_s: float, is_leaving: bool
    ) -> None:
        """Take a turn if it is due and the courier is free.

        Args:
            ask: Returns what to ask for.
            wait_s: How long the turn may wait for news.
            is_leaving: Ask for nothing and wait for nothing; only tell, and end a turn that waits.
        """
        if not self._is_due or not self._courier.is_free:
            return
        self._is_due = False
        self._deadlines.clear(Due(What.TALK))
        if is_leaving and not self._jobs.outbox and not self._courier.in_flight:
            return
        starts, ends, releases = self._jobs.outbox.take()
        self._courier.send(
            Exchange(
                seq=0,
                starts=starts,
                ends=ends,
                releases=releases,
                work=None if is_leaving else ask(),
                wait_seconds=0.0 if is_leaving else wait_s,
            )
        )

    def _within(self, delay_s: float) -> None:
        if delay_s:
            self._deadlines.set_earlier(Due(What.TALK), time.monotonic() + delay_s)
        else:
            self._is_due = True
