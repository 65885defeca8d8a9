"""When and why a runner shuts down."""

from __future__ import annotations

from typing import NamedTuple

from torc_core.clock import Clock
from torc_core.errors import ExitCode
from torc_core.runner.policy.limits import IdleLimits
from torc_core.runner.policy.timers import Timer, TimerKind, Timers

LAST_TRY_S = 1.0
"""How long a runner that was asked twice to stop still tries to report."""


class StopRequest(NamedTuple):
    """A request to stop: by a signal, or by the caller of the runner."""

    code: ExitCode
    """The exit code that goes with it."""
    kills: bool = False
    """The jobs get no grace."""
    signaled_at: float | None = None
    """When a signal came that jobs may have received as well, on the monotonic clock."""


class ShutdownPolicy:
    """Knows whether the runner is shutting down, and keeps the timers after which it does.

    Args:
        timers: Where they are set.
        limits: How long the runner stays.
        clock: The time.
    """

    def __init__(self, timers: Timers, limits: IdleLimits, clock: Clock) -> None:
        self.exit_reason: str | None = None
        """In words; None while the runner is to continue."""
        self.abandon_reports = False
        """Exit although the server has not acknowledged every report."""
        self.stop_code: ExitCode | None = None
        """The exit code that goes with the signal to stop, if there was one."""
        self.limits = limits
        self._timers = timers
        self._clock = clock

    @property
    def is_stopping(self) -> bool:
        """Whether the runner exits as soon as its jobs have completed and are reported."""
        return self.exit_reason is not None

    def stop(self, reason: str) -> bool:
        """Shut down once everything is reported; return whether that is new.

        The first reason is kept.
        """
        if self.is_stopping:
            return False
        self.exit_reason = reason
        return True

    def abandon(self, reason: str) -> bool:
        """Shut down without waiting for the server; return whether the shutdown is new."""
        self.abandon_reports = True
        return self.stop(reason)

    def hurry(self) -> None:
        """Allow only a last try for the final report."""
        self.limits = self.limits._replace(final_report_s=LAST_TRY_S)
        self._timers.clear(Timer(TimerKind.FINAL_REPORT))

    def update_timers(
        self, *, is_idle: bool, found_no_work: bool, is_server_failing: bool, has_report: bool
    ) -> None:
        """Set the timers whose condition holds, and clear the others.

        Args:
            is_idle: There is no job here and no action is being executed.
            found_no_work: The server had no job when it was asked last.
            is_server_failing: Requests fail.
            has_report: A completion or a release is not acknowledged. It keeps the runner here
                for as long as it takes, unless it was asked to stop or is a caretaker.
        """
        self._while(
            is_idle and found_no_work and not (self.is_stopping or is_server_failing or has_report),
            TimerKind.IDLE,
            self.limits.no_work_s,
        )
        self._while(
            is_idle and is_server_failing and (self.limits.leaves_reports or not has_report),
            TimerKind.NO_SERVER,
            self.limits.no_server_s,
        )
        self._while(
            is_idle and self.stop_code is not None,
            TimerKind.FINAL_REPORT,
            self.limits.final_report_s,
        )

    def may_exit(self, *, is_idle: bool, is_acknowledged: bool) -> bool:
        """Return whether the runner may exit now.

        Args:
            is_idle: There is no job here and no action is being executed.
            is_acknowledged: Nothing is left to report, and no request is in flight.
        """
        return self.is_stopping and is_idle and (is_acknowledged or self.abandon_reports)

    def _while(self, condition: bool, kind: TimerKind, seconds: float) -> None:
        """Keep a timer, counted from when a condition became true, while it is true."""
        timer = Timer(kind)
        if not condition:
            self._timers.clear(timer)
        elif timer not in self._timers:
            self._timers.set(timer, self._clock.monotonic() + seconds)
