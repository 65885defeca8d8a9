"""The states of allocations: one look at the queue for all, at accounting for those that left it.

A process has one poller, however many of its parts ask.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from torc_core.clock import Clock
from torc_core.errors import TorcError
from torc_core.hpc.slurm.programs.calls import MOST_IDS, AccountingDisabled, Slurm
from torc_core.hpc.slurm.programs.parse import AccountedAllocation, QueuedAllocation
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES, Cause, Phase

CALLS_OF_A_LOOK = 2
"""One of squeue, one of sacct."""
ACCOUNTING_LAG_S = 60.0
"""After this, accounting will never know a job that it does not know; it usually lags by 5 s."""


class AllocationView(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one allocation."""

    id: int
    state: str | None = None
    """Slurm's word; None as long as Slurm was not asked, and of one that is gone."""
    phase: Phase | None = Phase.UNKNOWN_YET
    """None if the word is not known."""
    cause: Cause | None = None
    """What ended it; None before the end, and if that is not known."""
    reason: str | None = None
    """Slurm's word for why it waits, or how it ended."""
    submitted: float | None = None
    """When it was, or was requeued: seconds since 1970; None once it has left the queue."""
    expected_start: float | None = None
    """When Slurm expects to start one that waits: seconds since 1970."""
    time_left_s: int | None = None
    """At the moment of the look; None if there is no limit."""
    exit_code: int | None = None
    """Of its script, 128+n for signal n; None before the end, and where there is no accounting."""
    nodes: str | None = None
    comment: str | None = None
    """What its submitter called it; only of one that was seen in the queue."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is going to happen to it; an unknown state is not over."""
        return self.phase is not None and self.phase not in UNFINISHED_PHASES


class PollStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How old what is known is, and what asking costs."""

    cluster: str | None = None
    """Whose allocations these are; None before its first answer."""
    age_s: float | None
    """Since the last answer; None before the first."""
    next_look_s: float
    """Until Slurm may be asked again; 0 is now."""
    used: int
    """Calls of squeue and sacct within the last minute."""
    calls_per_minute: int
    error: TorcError | None
    """Why the last look failed, if it did."""


class Poller:
    """Watches allocations within the budget; may be used by several threads.

    Args:
        slurm: The programs, and the budget.
        clock: For intervals and ages.
    """

    def __init__(self, slurm: Slurm, clock: Clock) -> None:
        self._slurm = slurm
        self._clock = clock
        self._lock = threading.Lock()
        self._views: dict[int, AllocationView] = {}
        self._settled: set[int] = set()
        self._missed_since: dict[int, float] = {}
        self._looked_at: float | None = None
        self._answered_at: float | None = None
        self._error: TorcError | None = None
        self._cluster: str | None = None

    def watch(self, slurm_job_ids: Iterable[int]) -> None:
        """Watch further allocations; nothing is known of them before the next look."""
        with self._lock:
            for job_id in slurm_job_ids:
                self._views.setdefault(job_id, AllocationView(id=job_id))

    def forget(self, slurm_job_ids: Iterable[int]) -> None:
        """Watch these no longer."""
        with self._lock:
            for job_id in slurm_job_ids:
                self._views.pop(job_id, None)
                self._settled.discard(job_id)
                self._missed_since.pop(job_id, None)

    def poll(self) -> Mapping[int, AllocationView]:
        """Return what is known of all that is watched, by id; Slurm is asked if it is time.

        A Slurm that does not answer changes nothing but `status`.
        """
        with self._lock:
            now = self._clock.monotonic()
            if self._unsettled() and self._next_look(now) <= now:
                self._look(now)
            return dict(self._views)

    def status(self) -> PollStatus:
        """Return how old the answers are, and what of the budget is used."""
        with self._lock:
            now = self._clock.monotonic()
            return PollStatus(
                cluster=self._cluster,
                age_s=None if self._answered_at is None else now - self._answered_at,
                next_look_s=max(self._next_look(now) - now, 0.0),
                used=self._slurm.budget.used(now),
                calls_per_minute=self._slurm.budget.calls_per_minute,
                error=self._error,
            )

    def _unsettled(self) -> list[int]:
        return [job_id for job_id in self._views if job_id not in self._settled]

    def _next_look(self, now: float) -> float:
        budget = self._slurm.budget
        calls = CALLS_OF_A_LOOK * max(math.ceil(len(self._unsettled()) / MOST_IDS), 1)
        due = budget.next_call(now, calls)
        if self._looked_at is None:
            return due
        return max(due, self._looked_at + budget.interval_s(calls))

    def _look(self, now: float) -> None:
        self._looked_at = now
        try:
            self._cluster = self._slurm.cluster()
            left = self._look_at_queue()
        except TorcError as error:
            self._error = error
            self._slurm.budget.failed(self._clock.monotonic())
            return
        self._slurm.budget.answered()
        self._answered_at = self._clock.monotonic()
        try:
            self._look_at_accounting(left)
        except TorcError as error:
            self._error = error
        else:
            self._error = None

    def _look_at_queue(self) -> list[int]:
        """Take over what the queue says, and return those that have left it or ended in it."""
        watched = self._unsettled()
        queued: dict[int, QueuedAllocation] = {}
        for job in self._slurm.queue(watched):
            # Of an array, what is left of it is what counts.
            if job.id not in queued or queued[job.id].state.phase is Phase.ENDED:
                queued[job.id] = job
        left = []
        for job_id in watched:
            if job_id in queued:
                self._views[job_id] = _view_of_queued(queued[job_id])
            elif self._views[job_id].phase is not Phase.ENDED:
                comment = self._views[job_id].comment
                self._views[job_id] = AllocationView(id=job_id, comment=comment)
            if self._views[job_id].phase in {Phase.ENDED, Phase.UNKNOWN_YET}:
                left.append(job_id)
            else:
                self._missed_since.pop(job_id, None)
        return left

    def _look_at_accounting(self, left: Sequence[int]) -> None:
        """Settle those whose end is known, or never will be."""
        answer = self._slurm.accounting(left)
        is_disabled = isinstance(answer, AccountingDisabled)
        accounted = (
            {} if isinstance(answer, AccountingDisabled) else {job.id: job for job in answer}
        )
        now = self._clock.monotonic()
        for job_id in left:
            job = accounted.get(job_id)
            view = self._views[job_id]
            if job is not None and job.state.phase is Phase.ENDED:
                self._settle(_view_of_accounted(job, view))
                continue
            since = self._missed_since.setdefault(job_id, now)
            if is_disabled or now - since > ACCOUNTING_LAG_S:
                is_known = view.phase is Phase.ENDED
                gone = AllocationView(id=job_id, phase=Phase.GONE, comment=view.comment)
                self._settle(view if is_known else gone)

    def _settle(self, view: AllocationView) -> None:
        self._views[view.id] = view
        self._settled.add(view.id)
        self._missed_since.pop(view.id, None)


def _view_of_queued(job: QueuedAllocation) -> AllocationView:
    is_pending = job.state.phase is Phase.PENDING
    return AllocationView(
        id=job.id,
        state=job.state.name,
        phase=job.state.phase,
        cause=job.state.cause,
        reason=job.reason,
        submitted=job.submitted,
        expected_start=job.start if is_pending else None,
        time_left_s=job.time_left_s if job.state.phase is Phase.RUNNING else None,
        nodes=job.nodes,
        comment=job.comment,
    )


def _view_of_accounted(job: AccountedAllocation, last: AllocationView) -> AllocationView:
    """Return the end of an allocation; only the queue says the reason and the comment."""
    return AllocationView(
        id=job.id,
        state=job.state.name,
        phase=job.state.phase,
        cause=job.state.cause,
        reason=last.reason if last.phase is Phase.ENDED else None,
        exit_code=job.exit_code,
        nodes=job.nodes,
        comment=last.comment,
    )
