"""The list of the files of a workflow."""

from __future__ import annotations

from operator import attrgetter

from torc_core.model.artifact import File
from torc_tui.lists.cells import ID, item_id, local_time, utc_moment
from torc_tui.lists.filters import text_of
from torc_tui.lists.listing import Column, Listing, text_filter
from torc_tui.theme import QUIET, Cell


def _modified_cell(file: File) -> Cell:
    return Cell("" if file.st_mtime is None else local_time(file.st_mtime * 1000), QUIET)


def _modified(file: File) -> str | None:
    return None if file.st_mtime is None else utc_moment(file.st_mtime * 1000)


FILES = Listing(
    name="Files",
    columns=(
        ID,
        Column("Name", attrgetter("name"), sort_by="name", max_width=32),
        Column("Modified", _modified, _modified_cell, sort_by="st_mtime"),
        Column("Path", attrgetter("path"), sort_by="path", max_width=200),
    ),
    page=lambda client, workflow_id, **query: client.list_files(workflow_id, **query),
    key=item_id,
    filters=(
        text_filter("name", "Name", text_of("name")),
        text_filter("path", "Path", text_of("path")),
    ),
)
