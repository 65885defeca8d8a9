"""What to tell the server, and when to take the next turn with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

from torc_core.clock import utc_text
from torc_core.model.exchange import Exchange, JobEnd, JobRelease, JobStart, WorkRequest
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.server.link import ServerLink

TELL_STARTS_S = 0.05
"""A start is told after so long, unless the job has ended by then: the end tells both."""
AT_ONCE = 5_000
"""The most reports of a kind in one turn; a server takes at most 10,000."""


class Outbox:
    """Starts, ends and releases, each in the order in which they happened."""

    def __init__(self) -> None:
        self.starts: dict[int, tuple[int, int]] = {}
        """From job id to token and moment, in milliseconds since 1970. Most jobs that are short
        end before their start is told, so nothing is made of it before."""
        self.ends: list[JobEnd] = []
        self.releases: list[JobRelease] = []

    def __bool__(self) -> bool:
        return bool(self.starts or self.ends or self.releases)

    @property
    def has_ends(self) -> bool:
        """Whether jobs may wait for what is in here."""
        return bool(self.ends or self.releases)

    def add_end(self, end: JobEnd) -> None:
        """Add an end; the start is told with it when it was not told before."""
        self.starts.pop(end.job_id, None)
        self.ends.append(end)

    def take(self) -> tuple[list[JobStart], list[JobEnd], list[JobRelease]]:
        """Take out and return everything, or the oldest of it if it is more than one turn bears."""
        starts = [
            JobStart(job_id=job_id, token=token, start_time=utc_text(started_ms))
            for job_id, (token, started_ms) in islice(self.starts.items(), AT_ONCE)
        ]
        taken = starts, self.ends[:AT_ONCE], self.releases[:AT_ONCE]
        self.starts = dict(islice(self.starts.items(), AT_ONCE, None))
        self.ends, self.releases = self.ends[AT_ONCE:], self.releases[AT_ONCE:]
        return taken


class ReportScheduler:
    """Keeps one turn waiting at the server for news, and tells in another what has happened.

    Args:
        courier: Carries the turns.
        outbox: What there is to tell.
        deadlines: Where the next turn is entered.
    """

    def __init__(self, courier: ServerLink, outbox: Outbox, deadlines: Timers) -> None:
        self._is_due = True
        """The next turn is to be taken as soon as the courier is free."""
        self._courier = courier
        self._outbox = outbox
        self._deadlines = deadlines

    def hurry(self) -> None:
        """Take the next turn as soon as the courier is free."""
        self._is_due = True

    def plan(self, *, linger_s: float, pause_s: float, is_leaving: bool) -> None:
        """Enter when to take the next turn: at once, or a little later in company.

        Args:
            linger_s: How long an end may wait for others.
            pause_s: How long to wait before asking anew after an answer.
            is_leaving: Do not ask.
        """
        if self._outbox.has_ends:
            self._within(linger_s)
        elif not (self._courier.in_flight or is_leaving):
            self._within(pause_s)
        elif self._outbox.starts:
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
        self._deadlines.clear(Timer(TimerKind.TALK))
        if is_leaving and not self._outbox and not self._courier.in_flight:
            return
        starts, ends, releases = self._outbox.take()
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
            self._deadlines.set_earlier(Timer(TimerKind.TALK), time.monotonic() + delay_s)
        else:
            self._is_due = True
