"""What a runner knows of its jobs by name: which run, and how the last ones ended. Pure.

It is noted for each start and end, and read a few times per second at most. What it holds is
bounded, however many jobs a workflow has.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import chain

from torc_core.clock import utc_text
from torc_core.model.ids import JobId
from torc_core.model.records.run_step import Step, StepStatus

ENDED_KEPT = 500
"""How many steps that ended are remembered."""
FAILURES_KEPT = 100
"""How many that failed are remembered beyond that."""


class StepTrail:
    """The steps of a runner that run or have ended."""

    def __init__(self) -> None:
        self.changes = 0
        """How many changes were noted."""
        self._running: dict[JobId, tuple[str, int]] = {}
        # A plain dict finds its first entry ever more slowly as first entries are removed.
        self._ended: OrderedDict[JobId, tuple[str, str, int]] = OrderedDict()
        self._failed: OrderedDict[JobId, tuple[str, str, int]] = OrderedDict()
        """Those that later ends have replaced."""

    def start(self, job_id: JobId, name: str, at_ms: int) -> None:
        """Note that a job's process has started."""
        self.forget(job_id)
        self._running[job_id] = name, at_ms

    def end(self, job_id: JobId, name: str, status: str, at_ms: int) -> None:
        """Note how an attempt ended."""
        self.forget(job_id)
        self._ended[job_id] = name, status, at_ms
        if len(self._ended) <= ENDED_KEPT:
            return
        oldest, ended = self._ended.popitem(last=False)
        if ended[1] == StepStatus.FAILED:
            self._failed[oldest] = ended
            if len(self._failed) > FAILURES_KEPT:
                self._failed.popitem(last=False)

    def forget(self, job_id: JobId) -> None:
        """Note that a job is not held any more, and has not ended."""
        self.changes += 1
        self._running.pop(job_id, None)
        self._ended.pop(job_id, None)
        self._failed.pop(job_id, None)

    def steps(self) -> Iterator[Step]:
        """Yield failures from long ago, then what has ended, then what runs, oldest first."""
        for job_id, (name, status, at_ms) in chain(self._failed.items(), self._ended.items()):
            yield _step(job_id, name, StepStatus(status), at_ms)
        for job_id, (name, at_ms) in self._running.items():
            yield _step(job_id, name, StepStatus.RUNNING, at_ms)


def _step(job_id: JobId, name: str, status: StepStatus, at_ms: int) -> Step:
    return Step(job_id=job_id, name=name, status=status, changed_at=utc_text(at_ms))
