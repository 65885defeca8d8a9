"""The groups of failed jobs of a workflow; they are worked out here, not by the server."""

from __future__ import annotations

from typing import Any

from torc_core.model.page import Page
from torc_core.operations.repair.failures import FailureGroup, Need
from torc_tui.lists.listing import Column, Listing
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

NOT_READ = "logs not read yet"
NEED_LOOK: dict[Need, Cell] = {
    Need.RECOVER: Cell("▲ recover", "cyan"),
    Need.RERUN: Cell("○ rerun", "green"),
    Need.LOOK: Cell("✗ look", "red"),
}


def _line(group: FailureGroup) -> str:
    return group.line if group.is_read else NOT_READ


def _line_cell(group: FailureGroup) -> Cell:
    return Cell(clean(_line(group)), "" if group.is_read else QUIET)


def _key(group: FailureGroup) -> tuple[object, ...]:
    return group.signature, group.need, group.is_read


def _none(*_arguments: Any, **_query: Any) -> Page[Any]:
    return Page(items=[], offset=0, max_limit=0, count=0, total_count=0, has_more=False)


FAILURE_GROUPS = Listing(
    name="Failures",
    columns=(
        Column("Jobs", lambda group: f"{len(group.jobs):,}", is_number=True),
        Column("Needs", lambda group: group.need, lambda group: NEED_LOOK[group.need], rank=1),
        Column("Why", lambda group: group.signature.kind, min_width=11, shrink_to=11, max_width=32),
        Column("Last error line", _line, _line_cell, max_width=200),
    ),
    printed=(
        Column("Jobs", lambda group: f"{len(group.jobs):,}", is_number=True),
        Column("Needs", lambda group: group.need),
        Column("Why", lambda group: group.signature.kind),
        Column("Nodes", lambda group: group.num_nodes or "", is_number=True),
        Column("First", lambda group: f"{group.jobs[0].job_id} {group.jobs[0].name}"),
        Column("Line", _line),
    ),
    page=_none,
    key=_key,
)
