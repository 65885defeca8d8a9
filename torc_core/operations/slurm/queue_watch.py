"""What Slurm says about the allocations of the workflow on screen."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import Clock
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import AllocationView, Poller, PollStatus
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.hpc.slurm.settle import (
    certain_views,
    may_be_in,
    may_be_of,
    settle_allocations,
    unfinished_allocations,
)
from torc_core.model.compute import AllocationStatus, ScheduledComputeNode
from torc_core.model.ids import WorkflowId

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
        self._records: dict[int, ScheduledComputeNode] = {}
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
            None if Slurm is not on this machine, or no allocation of its cluster is unfinished.

        Raises:
            TorcError: The server did not answer. What Slurm does not answer is in the `status`.
        """
        if not self._slurm.is_here():
            return None
        with self._lock:
            self._go_to(client.url, workflow_id)
            self._list(client, workflow_id)
            if not self._records:
                return None
            views = self._poller.poll()
            self._leave_elsewhere()
            ours = {
                number: views[number]
                for number, record in self._records.items()
                if may_be_of(views[number], record.request_key)
            }
            self._settle(client, workflow_id, ours)
            return QueueLook(views=ours, status=self._poller.status())

    def _go_to(self, url: str, workflow_id: WorkflowId) -> None:
        if self._watched != (url, workflow_id):
            self._poller.forget(self._records)
            self._records.clear()
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
            self._records.setdefault(record.scheduler_id, record)
            if record.status == AllocationStatus.PENDING:
                self._pending.add(record.scheduler_id)
        self._leave_elsewhere()
        self._poller.watch(self._records)

    def _leave_elsewhere(self) -> None:
        """Forget allocations of other clusters, as soon as it is known which one this is."""
        cluster = self._poller.status().cluster
        if cluster is None:
            return
        elsewhere = [
            number
            for number, record in self._records.items()
            if not may_be_in(cluster, record.slurm_cluster)
        ]
        self._poller.forget(elsewhere)
        for number in elsewhere:
            del self._records[number]

    def _settle(
        self, client: TorcClient, workflow_id: WorkflowId, views: Mapping[int, AllocationView]
    ) -> None:
        """Settle what has ended or waits once more, if it is certain that it is ours."""
        cluster = self._poller.status().cluster
        certain = certain_views(views, self._records, cluster)
        news = {number: view for number, view in certain.items() if self._is_news(view)}
        if not news:
            return
        settle_allocations(client, news, workflow_id, cluster=cluster)
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
