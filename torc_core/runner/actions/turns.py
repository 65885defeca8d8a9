"""When the turn of actions comes: before the first job, while jobs run, and at the end.

Actions are executed beside the loop, so that the server hears from the runner, and the runner of a
cancellation or a signal, however long a command takes. But no job is claimed before the actions
for the start of the workflow and of the runner are over.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from torc_core.clock import Clock
from torc_core.model.action import JOB_TRIGGERS, TriggerType
from torc_core.runner.actions.executor import Actions
from torc_core.runner.policy.timers import Timer, TimerKind, Timers

ACTIONS_DELAY_S = 1.0
"""The least time between two queries for actions to execute."""
HEARTBEAT_S = 60.0
"""How often a runner that only executes its last actions reports that it is alive."""

AT_START = (TriggerType.ON_WORKFLOW_START, TriggerType.ON_WORKER_START)
MEANWHILE = (
    *(TriggerType.ON_WORKFLOW_START, *sorted(JOB_TRIGGERS), TriggerType.ON_WORKFLOW_COMPLETE),
)
"""A workflow may be initialized again, or complete, while a runner stays."""
AT_STOP = (TriggerType.ON_WORKER_COMPLETE,)
AT_END = (*sorted(JOB_TRIGGERS), TriggerType.ON_WORKFLOW_COMPLETE, *AT_STOP)


class _Phase(Enum):
    START = auto()
    JOBS = auto()
    END = auto()


class ActionTurns:
    """Decides when a runner executes actions.

    Args:
        actions: Executes them.
        timers: Where the next look and the end of a grace period are scheduled.
        clock: The time.
        wake: Wakes the loop when actions are over.
        grace_s: From SIGTERM to SIGKILL for a command.
    """

    def __init__(
        self,
        actions: Actions,
        timers: Timers,
        clock: Clock,
        *,
        wake: Callable[[], None],
        grace_s: float,
    ) -> None:
        self._actions = actions
        self._timers = timers
        self._clock = clock
        self._wake = wake
        self._grace_s = grace_s
        self._phase = _Phase.START
        self._has_pending = False

    @property
    def is_busy(self) -> bool:
        """Whether actions are being executed."""
        return self._actions.is_busy

    @property
    def left(self) -> list[str]:
        """What was due and could not be executed here, a sentence for each action."""
        return self._actions.left

    @property
    def is_expected(self) -> bool:
        """Whether actions are being executed, or are about to be."""
        return self._has_pending or self.is_busy

    @property
    def awaits(self) -> bool:
        """Whether it is news that actions are due: none is known, and none had to be left."""
        return not (self.is_expected or self.left)

    def start(self) -> None:
        """Execute the actions for the start."""
        self._actions.run_in_background(AT_START, self._wake)

    def may_claim(self) -> bool:
        """Return whether the actions for the start are over, so that jobs may be claimed."""
        if self._phase is _Phase.START and not self.is_busy:
            self._phase = _Phase.JOBS
        return self._phase is not _Phase.START

    def note(self, *, has_pending: bool, is_stopping: bool) -> None:
        """Take a reply of the server into account."""
        self._has_pending = has_pending and not is_stopping
        self.look()

    def look(self) -> None:
        """Execute what is due, but not right after an earlier query."""
        timer = Timer(TimerKind.ACTIONS)
        is_free = self._phase is _Phase.JOBS and not self.is_busy
        if self._has_pending and is_free and timer not in self._timers:
            self._has_pending = False
            self._timers.set(timer, self._clock.monotonic() + ACTIONS_DELAY_S)
            self._actions.run_in_background(MEANWHILE, self._wake)

    def finish(self, *, is_hurried: bool, is_heard: bool) -> bool:
        """Execute the actions for the end, once; return whether some are being executed now.

        Args:
            is_hurried: The runner was asked to stop: it executes only its own actions, and these
                only for a grace period.
            is_heard: The server answers; otherwise nothing can be claimed.
        """
        if self._phase is not _Phase.END and is_heard:
            now = self._clock.monotonic()
            self._timers.set(Timer(TimerKind.HEARTBEAT), now + HEARTBEAT_S)
            if is_hurried:
                self._timers.set(Timer(TimerKind.KILL_ACTION), now + self._grace_s)
            self._actions.run_in_background(AT_STOP if is_hurried else AT_END, self._wake)
        self._phase = _Phase.END
        return self.is_busy

    def skip_end(self) -> None:
        """Kill the running command, and execute nothing more."""
        self._phase = _Phase.END
        self._actions.interrupt(0.0)

    def stop(self) -> None:
        """End what is being executed, and kill it after the grace period."""
        if self.is_busy:
            self._actions.interrupt(self._grace_s)

    def kill(self) -> None:
        """Kill the running command: its time is over."""
        if self.is_busy:
            self._actions.interrupt(0.0)

    def beat(self, report: Callable[[], None]) -> None:
        """Report that the runner is alive while its last actions are being executed."""
        if self.is_busy:
            self._timers.set(Timer(TimerKind.HEARTBEAT), self._clock.monotonic() + HEARTBEAT_S)
            report()
