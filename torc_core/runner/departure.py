"""When and why a runner leaves."""

from __future__ import annotations

import logging
import time
from typing import NamedTuple

from torc_core.errors import ExitCode
from torc_core.model.workflow import Workflow
from torc_core.runner.deadlines import Deadlines, Due, What
from torc_core.runner.options import RunnerOptions

log = logging.getLogger("torc.runner")

HURRY_S = 1.0
"""How long a runner that was asked twice to stop tries to tell how its jobs ended."""


class Patience(NamedTuple):
    """How long a runner stays, in seconds."""

    idle_s: float
    """Without anything to run."""
    server_s: float
    """Without a server and without a report to make."""
    untold_s: float
    """After its jobs were stopped, to tell how they ended."""


def patience(options: RunnerOptions, workflow: Workflow) -> Patience:
    """Return how long to stay: as told, else as the workflow says."""
    idle_s = options.wait_for_new_jobs_s
    if idle_s is None:
        idle_s = workflow.compute_node_wait_for_new_jobs_seconds
    server_s = options.wait_for_server_s
    if server_s is None:
        server_s = workflow.compute_node_wait_for_healthy_database_minutes * 60
    return Patience(idle_s, server_s, options.grace_s)


def end_of_time(
    options: RunnerOptions, workflow: Workflow, now: float, wall: float
) -> float | None:
    """Return when the runner must leave, on the monotonic clock; None for never.

    Args:
        options: `time_limit_s` is the runner's own choice and taken as it is; before `end_time`
            somebody else ends the machine, so there the workflow's buffer is kept.
        workflow: Says how large the buffer is.
        now: The monotonic clock.
        wall: Seconds since 1970 at the same moment.
    """
    ends = []
    if options.time_limit_s is not None:
        ends.append(now + options.time_limit_s)
    if options.end_time is not None:
        buffer_s = workflow.compute_node_expiration_buffer_seconds
        ends.append(now + options.end_time - wall - buffer_s)
    return min(ends, default=None)


class Departure:
    """Knows whether the runner leaves, and keeps the deadlines after which it does.

    Args:
        deadlines: Where they are entered.
        patience: How long the runner stays.
    """

    def __init__(self, deadlines: Deadlines, patience: Patience) -> None:
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
        self._deadlines.clear(Due(What.PATIENCE))

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
        self._stand(What.IDLE, self.patience.idle_s, when=idle)
        alone = is_idle and is_away and not has_report
        self._stand(What.NO_SERVER, self.patience.server_s, when=alone)
        stopped = is_idle and self.stop_code is not None
        self._stand(What.PATIENCE, self.patience.untold_s, when=stopped)

    def _stand(self, what: What, seconds: float, *, when: bool) -> None:
        """Keep a deadline, counted from when something became true, while it is true."""
        due = Due(what)
        if not when:
            self._deadlines.clear(due)
        elif due not in self._deadlines:
            self._deadlines.set(due, time.monotonic() + seconds)
