"""What Slurm says of the allocations of a workflow in sight."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import Clock
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import AllocationView, Poller, PollStatus
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.model.compute import AllocationStatus
from torc_core.model.ids import WorkflowId
from torc_core.operations.slurm.settle import may_be_of, settle_allocations, unfinished_allocations

LIST_S = 5.0
"""The least time between two questions to the server for the allocations of a workflow."""


class QueueLook(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a workflow's allocations, and how well."""

    views: Mapping[int, AllocationView]
    """By their ids in Slurm: those that are not over, and those that ended while one looked."""
    status: PollStatus

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to ask Slurm for."""
        return all(view.is_over for view in self.views.values())


class QueueWatch:
    """Watches the allocations of one workflow at a time; may be used by several threads.

    Args:
        slurm: The programs of this machine's cluster, and the budget.
        clock: For ages and pauses.
    """

    def __init__(self, slurm: Slurm, clock: Clock) -> None:
        self._slurm = slurm
        self._clock = clock
        self._poller = Poller(slurm, clock)
        self._lock = threading.Lock()
        self._watched: tuple[str, WorkflowId] | None = None
        self._next_list = 0.0
        self._keys: dict[int, str | None] = {}
        self._settled: set[int] = set()
        self._pending: set[int] = set()
        """Those that the server knows to wait for nodes."""

    def look(self, client: TorcClient, workflow_id: WorkflowId) -> QueueLook | None:
        """Return what is known; Slurm is asked if it is time, and what it says to be over settled.

        It waits for Slurm, for `calls.TIMEOUT_S` at most.

        Args:
            client: The server.
            workflow_id: The workflow. Another one than before is a new beginning.

        Returns:
            None if Slurm is not on this machine, or no allocation is unfinished.

        Raises:
            TorcError: The server did not answer. What Slurm does not answer is in the `status`.
        """
        if not self._slurm.is_here():
            return None
        with self._lock:
            self._go_to(client.url, workflow_id)
            self._list(client, workflow_id)
            if not self._keys:
                return None
            views = self._poller.poll()
            ours = {
                number: view
                for number, view in views.items()
                if may_be_of(view, self._keys[number])
            }
            self._settle(client, workflow_id, ours)
            return QueueLook(views=ours, status=self._poller.status())

    def _go_to(self, url: str, workflow_id: WorkflowId) -> None:
        if self._watched != (url, workflow_id):
            self._poller.forget(self._keys)
            self._keys.clear()
            self._settled.clear()
            self._pending.clear()
            self._next_list = 0.0
            self._watched = (url, workflow_id)

    def _list(self, client: TorcClient, workflow_id: WorkflowId) -> None:
        now = self._clock.monotonic()
        if now < self._next_list:
            return
        self._next_list = now + LIST_S
        self._pending.clear()
        for record in unfinished_allocations(client, workflow_id):
            self._keys.setdefault(record.scheduler_id, record.request_key)
            if record.status == AllocationStatus.PENDING:
                self._pending.add(record.scheduler_id)
        self._poller.watch(self._keys)

    def _settle(
        self, client: TorcClient, workflow_id: WorkflowId, views: Mapping[int, AllocationView]
    ) -> None:
        """Settle what has ended or waits once more, if it is certain that it is ours.

        This machine may be a login node of another cluster, whose Slurm knows nothing of these
        allocations, or another job by the same number.
        """
        news = {
            number: view
            for number, view in views.items()
            if view.comment is not None
            and self._keys[number] == view.comment
            and self._is_news(view)
        }
        if not news:
            return
        settle_allocations(client, news, workflow_id)
        over = {number for number, view in news.items() if view.is_over}
        self._settled = (self._settled | over) - (news.keys() - over)
        self._pending |= news.keys() - over

    def _is_news(self, view: AllocationView) -> bool:
        if view.is_over:
            return view.id not in self._settled
        # What was pending before the server was asked may have begun, and ended, since.
        age_s = self._poller.status().age_s
        is_newer = age_s is not None and self._clock.monotonic() - age_s >= self._next_list - LIST_S
        return is_newer and view.phase is Phase.PENDING and view.id not in self._pending
