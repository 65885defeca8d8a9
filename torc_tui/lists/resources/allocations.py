"""The list of the allocations of a workflow: what was requested from schedulers."""

from __future__ import annotations

from operator import attrgetter

from torc_tui.lists.cells import ID, item_id
from torc_tui.lists.filters import text_of
from torc_tui.lists.listing import Column, ListFilter, Listing, text_filter

ALLOCATIONS = Listing(
    name="Allocations",
    columns=(
        ID,
        Column("Type", attrgetter("scheduler_type"), sort_by="scheduler_type"),
        Column("Job ID", attrgetter("scheduler_id"), sort_by="scheduler_id", is_number=True),
        Column(
            "Scheduler",
            attrgetter("scheduler_config_id"),
            sort_by="scheduler_config_id",
            is_number=True,
        ),
        Column("Status", attrgetter("status"), sort_by="status", min_width=8),
    ),
    page=lambda client, workflow_id, **query: client.list_scheduled_compute_nodes(
        workflow_id, **query
    ),
    key=item_id,
    filters=(
        text_filter("status", "Status", text_of("status")),
        ListFilter("scheduler_id", "Job ID", text_of("scheduler_id")),
        ListFilter("scheduler_config_id", "Scheduler", text_of("scheduler_config_id")),
    ),
)
