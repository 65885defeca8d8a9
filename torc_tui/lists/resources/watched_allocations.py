"""The list of the allocations of a workflow with what Slurm says of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any, NamedTuple

from torc_core.client import TorcClient, every_item
from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Cause, Phase, read_state
from torc_core.hpc.slurm.settle import may_be_in
from torc_core.model.compute import AllocationStatus, ScheduledComputeNode
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_core.operations.slurm.waiting import time_words
from torc_tui.lists.filters import text_of
from torc_tui.lists.listing import Column, ListFilter, Listing, text_filter
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_STATUS_TONE: Mapping[str, str] = {
    AllocationStatus.PENDING: "blue",
    AllocationStatus.ACTIVE: "yellow",
    AllocationStatus.COMPLETE: QUIET,
}
_PHASE_TONE: Mapping[Phase | None, str] = {
    Phase.PENDING: "blue",
    Phase.RUNNING: "yellow",
    Phase.ENDING: "yellow",
}


class WatchedAllocation(NamedTuple):
    """An allocation, as the server and Slurm know it."""

    record: ScheduledComputeNode
    scheduler: str
    """The name of what it was requested with; empty if that is gone."""
    view: AllocationView | None
    """None where Slurm was not asked: it is not on this machine, or the allocation was over."""
    now: float
    """Seconds since 1970."""


def _state_cell(item: WatchedAllocation) -> Cell:
    view = item.view
    if view is None or view.state is None:
        return Cell("gone" if view is not None and view.phase is Phase.GONE else "", QUIET)
    has_failed = view.phase is Phase.ENDED and (
        bool(view.exit_code) or read_state(view.state).cause is not Cause.EXIT
    )
    return Cell(clean(view.state), "red" if has_failed else _PHASE_TONE.get(view.phase, ""))


def _status_cell(item: WatchedAllocation) -> Cell:
    status = item.record.status
    return Cell(clean(status), _STATUS_TONE.get(status, ""))


def _of_view(name: str) -> Any:
    return lambda item: item.view and getattr(item.view, name)


def current_view(
    record: ScheduledComputeNode, view: AllocationView | None, cluster: str | None = None
) -> AllocationView | None:
    """Return what Slurm said last, unless the allocation has ended since.

    Args:
        record: The server's record of the allocation.
        view: What Slurm said of its number.
        cluster: Whose Slurm that is; in another one, the number is of another job.
    """
    if not may_be_in(cluster, record.slurm_cluster):
        return None
    is_old = view is not None and record.status == AllocationStatus.COMPLETE and not view.is_over
    return None if is_old else view


def _page(
    views: Mapping[int, AllocationView],
    cluster: str | None,
    client: TorcClient,
    workflow_id: WorkflowId,
    **query: Any,
) -> Page[WatchedAllocation]:
    page = client.list_scheduled_compute_nodes(workflow_id, **query)
    names = (
        {each.id: each.name for each in every_item(client.list_slurm_schedulers, workflow_id)}
        if page.items
        else {}
    )
    now = time.time()
    items = [
        WatchedAllocation(
            record,
            names.get(record.scheduler_config_id) or "",
            current_view(record, views.get(record.scheduler_id), cluster),
            now,
        )
        for record in page.items
    ]
    return Page(items=items, total_count=page.total_count, has_more=page.has_more)


def watched_allocations(look: QueueLook | None) -> Listing:
    """Return the list with what Slurm says of allocations; None if it was not asked."""
    if look is None:
        return WATCHED_ALLOCATIONS
    return replace(
        WATCHED_ALLOCATIONS,
        page=lambda client, workflow_id, **query: _page(
            look.views, look.status.cluster, client, workflow_id, **query
        ),
    )


WATCHED_ALLOCATIONS = Listing(
    name="Allocations",
    columns=(
        Column(
            "Slurm job", attrgetter("record.scheduler_id"), sort_by="scheduler_id", is_number=True
        ),
        Column("Scheduler", attrgetter("scheduler"), sort_by="scheduler_config_id", shrink_to=10),
        Column("Status", attrgetter("record.status"), _status_cell, sort_by="status", min_width=8),
        Column("Slurm", _of_view("state"), _state_cell, min_width=9),
        Column("Reason", _of_view("reason"), shrink_to=9),
        Column("Time", lambda item: item.view and time_words(item.view, item.now), min_width=12),
        Column("Nodes", _of_view("nodes"), shrink_to=6, rank=1),
        Column("ID", attrgetter("record.id"), sort_by="id", is_number=True, rank=2),
    ),
    page=lambda client, workflow_id, **query: _page({}, None, client, workflow_id, **query),
    key=attrgetter("record.id"),
    filters=(
        text_filter("status", "Status", text_of("record.status")),
        ListFilter("scheduler_id", "Slurm job", text_of("record.scheduler_id")),
    ),
)
