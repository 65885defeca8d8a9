"""The list of the user data of a workflow."""

from __future__ import annotations

from operator import attrgetter

from torc_tui.lists.cells import ID, item_id
from torc_tui.lists.filters import text_of, yes_or_no
from torc_tui.lists.listing import Column, ListFilter, Listing

USER_DATA = Listing(
    name="User data",
    columns=(
        ID,
        Column("Name", attrgetter("name"), sort_by="name", max_width=32),
        Column("Ephemeral", attrgetter("is_ephemeral"), sort_by="is_ephemeral"),
        Column("Data", attrgetter("data"), max_width=200),
    ),
    page=lambda client, workflow_id, **query: client.list_user_data(workflow_id, **query),
    key=item_id,
    filters=(
        ListFilter("name", "Name", text_of("name")),
        ListFilter(
            "is_ephemeral",
            "Ephemeral (yes, no)",
            lambda data: "yes" if data.is_ephemeral else "no",
            yes_or_no,
        ),
    ),
)
