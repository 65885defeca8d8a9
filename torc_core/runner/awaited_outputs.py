"""Jobs that have ended well and whose output files are not there yet: looked for again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from torc_core.clock import Clock
from torc_core.model.ids import JobId
from torc_core.runner.guard.messages import Exited
from torc_core.runner.policy.outputs.written import LOOKS_S, FoundOutputs
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import Attempt


class Ended(NamedTuple):
    """An attempt whose process has exited."""

    attempt: Attempt
    exited: Exited


class AwaitedOutputs:
    """Looks for output files until they are there or the time for it is over.

    The loop is not held up, and the job keeps its resources.

    Args:
        clock: The time.
        timers: Where the next look is scheduled.
        find: Looks for the output files of an attempt, given how many looks there were before.
        settle: Called once for each attempt, with what was found at last.
    """

    def __init__(
        self,
        clock: Clock,
        timers: Timers,
        find: Callable[[Attempt, int], FoundOutputs],
        settle: Callable[[Ended, FoundOutputs], None],
    ) -> None:
        self._clock = clock
        self._timers = timers
        self._find = find
        self._settle = settle
        self._waiting: dict[JobId, tuple[Ended, int]] = {}
        """With how many looks there were."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._waiting

    def __iter__(self) -> Iterator[JobId]:
        return iter(list(self._waiting))

    def attempt_of(self, job_id: JobId) -> Attempt | None:
        """Return the attempt of a job whose output files are looked for."""
        waiting = self._waiting.get(job_id)
        return None if waiting is None else waiting[0].attempt

    def add(self, ended: Ended) -> None:
        """Settle an attempt, at once unless an output file that it should have is not there."""
        is_good = ended.exited.exit_code == 0 and ended.attempt.stop is None
        if not is_good or not ended.attempt.claimed.output_files:
            self._settle(ended, FoundOutputs({}))
            return
        self._look(ended, 0)

    def look_again(self, job_id: JobId) -> None:
        """Look again: it is time."""
        waiting = self._waiting.pop(job_id, None)
        if waiting is not None:
            self._look(*waiting)

    def hurry(self, job_id: JobId) -> None:
        """Look for the last time, and settle the attempt whatever is found."""
        waiting = self._waiting.pop(job_id, None)
        if waiting is not None:
            self._timers.clear(Timer(TimerKind.OUTPUTS, job_id))
            self._look(waiting[0], len(LOOKS_S))

    def _look(self, ended: Ended, looks: int) -> None:
        found = self._find(ended.attempt, looks)
        if not found.faults or looks >= len(LOOKS_S):
            self._settle(ended, found)
            return
        job_id = ended.attempt.job_id
        self._waiting[job_id] = ended, looks + 1
        expiry = self._clock.monotonic() + LOOKS_S[looks]
        self._timers.set(Timer(TimerKind.OUTPUTS, job_id), expiry)
