"""The list of the failure handlers of a workflow."""

from __future__ import annotations

from operator import attrgetter

from torc_tui.lists.cells import ID, item_id
from torc_tui.lists.listing import Column, Listing

FAILURE_HANDLERS = Listing(
    name="Failure handlers",
    columns=(
        ID,
        Column("Name", attrgetter("name"), max_width=32),
        Column("Rules", attrgetter("rules"), max_width=200),
    ),
    page=lambda client, workflow_id, **query: client.list_failure_handlers(workflow_id, **query),
    key=item_id,
)
