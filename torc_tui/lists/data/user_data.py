"""The list of the user data of a workflow."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import msgspec

from torc_tui.lists.cells import ID, item_id
from torc_tui.lists.filters import text_of, yes_or_no
from torc_tui.lists.listing import Column, ListFilter, Listing, text_filter
from torc_tui.terminal import clean
from torc_tui.theme import Cell


def _data_cell(record: Any) -> Cell:
    data = record.data
    return Cell("" if data is None else clean(msgspec.json.encode(data).decode()))


def _data_in_full(record: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(record.data), indent=2).decode()


USER_DATA = Listing(
    name="User data",
    columns=(
        ID,
        Column("Name", attrgetter("name"), sort_by="name", max_width=32),
        Column("Ephemeral", attrgetter("is_ephemeral"), sort_by="is_ephemeral"),
        Column("Data", attrgetter("data"), _data_cell, full=_data_in_full, max_width=200),
    ),
    page=lambda client, workflow_id, **query: client.list_user_data(workflow_id, **query),
    key=item_id,
    filters=(
        text_filter("name", "Name", text_of("name")),
        ListFilter(
            "is_ephemeral",
            "Ephemeral (yes, no)",
            lambda data: "yes" if data.is_ephemeral else "no",
            yes_or_no,
        ),
    ),
)
