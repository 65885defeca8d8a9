"""The state of a watched workflow that decides what is done next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from torc_core.model.ids import WorkflowId
from torc_core.model.records.recovery import Recovery, RecoveryKind, RecoveryOutcome
from torc_core.model.status import ACTIVE, SETTLED, UNSUCCESSFUL, JobStatus
from torc_core.moments import read_moment
from torc_core.operations.facts import count, is_settled
from torc_core.operations.recovery.record import find_unfinished, next_number


class Allocations(msgspec.Struct, frozen=True, kw_only=True):
    """The allocations of a workflow, by the server's records and what Slurm says of them."""

    waiting: int = 0
    running: int = 0
    stale: int = 0
    """Recorded as waiting or running, and over by Slurm's word."""
    ended: int = 0

    @property
    def left(self) -> int:
        """How many jobs may still run in."""
        return self.waiting + self.running

    @property
    def requested(self) -> int:
        """How many there have ever been."""
        return self.left + self.stale + self.ended


class Situation(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All that decides what a watch does next; all of it is known to who begins to watch, too.

    Moments are seconds since 1970 by the server's clock.
    """

    workflow_id: WorkflowId
    run_id: int
    counts: Mapping[str, int]
    """Jobs by status."""
    is_canceled: bool = False
    is_archived: bool = False
    allocations: Allocations | None = None
    """None for a workflow that has nothing of Slurm."""
    runners: int = 0
    """Active ones outside of Slurm."""
    stale_runners: int = 0
    """Active ones in allocations that are over."""
    dead_runners: int = 0
    """Of this machine: without a process, or caretakers. The next run takes over their jobs."""
    runs_here: int = 0
    """Processes of this machine that run the workflow; they come and go around their runners."""
    retries: tuple[float, ...] = ()
    """Since when ready jobs wait that were tried before, the longest first."""
    recoveries: tuple[Recovery, ...] = ()
    last_end: float | None = None
    """When an attempt of this run ended last that was not lost."""

    @property
    def is_over(self) -> bool:
        """Whether no job is left to run."""
        return is_settled(self.counts)

    @property
    def failures(self) -> int:
        """How many jobs ended without success."""
        return count(self.counts, UNSUCCESSFUL)

    @property
    def active(self) -> int:
        """How many jobs runners have, according to the server."""
        return count(self.counts, ACTIVE)

    @property
    def unfinished(self) -> int:
        """How many jobs are left."""
        return count(self.counts, frozenset(JobStatus) - SETTLED)

    @cached_property
    def going_on(self) -> Recovery | None:
        """The recovery that has not ended."""
        return find_unfinished(list(self.recoveries))

    @cached_property
    def finished_retries(self) -> int:
        """How many recoveries have led to the present run, each from the run before."""
        done = [
            each.run_id
            for each in self.recoveries
            if each.kind == RecoveryKind.RECOVER and each.outcome == RecoveryOutcome.DONE
        ]
        first = self.run_id
        while first - 1 in done:
            first -= 1
        return sum(first <= run_id <= self.run_id for run_id in done)

    def next_number(self, kind: RecoveryKind) -> int:
        """Return the number of the next recovery of its kind in this run."""
        return next_number(list(self.recoveries), kind, self.run_id)

    @cached_property
    def schedules(self) -> tuple[float, ...]:
        """When nodes were requested by watches of this run, the latest first."""
        started = (
            read_moment(each.started_at)
            for each in self._of_run(RecoveryKind.SCHEDULE)
            if each.outcome in {None, RecoveryOutcome.DONE}
        )
        return tuple(sorted(filter(None, started), reverse=True))

    @property
    def fruitless(self) -> int:
        """How often nodes were requested since an attempt has ended."""
        return sum(self.last_end is None or each > self.last_end for each in self.schedules)

    def _of_run(self, kind: RecoveryKind) -> Iterable[Recovery]:
        return (
            each for each in self.recoveries if each.kind == kind and each.run_id == self.run_id
        )
