"""The list of the actions of a workflow: when they are due, and what they do."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from torc_core.client import TorcClient
from torc_core.model.action import WorkflowAction
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_tui.lists.cells import ID, item_id
from torc_tui.lists.filters import text_of
from torc_tui.lists.listing import Column, Listing, text_filter

_JOBS_SHOWN = 5


def _all_jobs(action: WorkflowAction) -> str:
    return ", ".join(str(job_id) for job_id in action.job_ids or ())


def _jobs(action: WorkflowAction) -> str:
    ids = [str(job_id) for job_id in action.job_ids or ()]
    more = f" and {len(ids) - _JOBS_SHOWN:,} more" if len(ids) > _JOBS_SHOWN else ""
    return ", ".join(ids[:_JOBS_SHOWN]) + more


def _parts(action: WorkflowAction) -> list[str]:
    """Return the commands, or what kind of nodes is requested."""
    config: Any = action.action_config
    if not isinstance(config, dict):
        return [str(config)]
    commands = config.get("commands")
    if commands:
        return list(map(str, commands))
    return [f"{key} {value}" for key, value in config.items() if value not in (None, [])]


def _what(action: WorkflowAction) -> str:
    config: Any = action.action_config
    is_commands = isinstance(config, dict) and config.get("commands")
    return ("; " if is_commands else ", ").join(_parts(action))


def _page(  # noqa: PLR0913 - the server's parameters, which it does not take for actions
    client: TorcClient,
    workflow_id: WorkflowId,
    *,
    offset: int = 0,
    limit: int | None = None,
    sort_by: str | None = None,
    reverse_sort: bool = False,
    contains: str = "",
    **filters: str,
) -> Page[WorkflowAction]:
    """Return a page of all actions, which the server lists at once."""
    parts = contains.split(",")
    found = [
        action
        for action in client.get_workflow_actions(workflow_id)
        if all(
            _is_meant(getattr(action, name), text, is_part=name in parts)
            for name, text in filters.items()
        )
    ]
    found.sort(key=attrgetter(sort_by or "id"), reverse=reverse_sort)
    items = found[offset:][:limit]
    return Page(items=items, offset=offset, count=len(items), total_count=len(found))


def _is_meant(value: str, text: str, *, is_part: bool) -> bool:
    return text.lower() in value.lower() if is_part else value == text


ACTIONS = Listing(
    name="Actions",
    columns=(
        ID,
        Column("Trigger", attrgetter("trigger_type"), sort_by="trigger_type"),
        Column("Action", attrgetter("action_type"), sort_by="action_type"),
        Column("Jobs", _jobs, full=_all_jobs, rank=1),
        Column("Persistent", lambda action: bool(action.persistent), rank=3),
        Column("Executed", attrgetter("executed"), sort_by="executed", rank=2),
        Column("What", _what, full=lambda action: "\n".join(_parts(action)), max_width=200),
    ),
    page=_page,
    key=item_id,
    filters=(
        text_filter("trigger_type", "Trigger", text_of("trigger_type")),
        text_filter("action_type", "Action", text_of("action_type")),
    ),
)
