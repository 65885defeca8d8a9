"""The columns of a workflow's actions."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from torc_core.model.action import WorkflowAction
from torc_tui.lists.cells import ID
from torc_tui.lists.listing import Column

_JOBS_SHOWN = 5


def _jobs(action: WorkflowAction) -> str:
    ids = [str(job_id) for job_id in action.job_ids or ()]
    more = f" and {len(ids) - _JOBS_SHOWN:,} more" if len(ids) > _JOBS_SHOWN else ""
    return ", ".join(ids[:_JOBS_SHOWN]) + more


def _what(action: WorkflowAction) -> str:
    """Return the commands, or what kind of nodes is requested, in one line."""
    config: Any = action.action_config
    if not isinstance(config, dict):
        return str(config)
    commands = config.get("commands")
    if commands:
        return "; ".join(map(str, commands))
    return ", ".join(f"{key} {value}" for key, value in config.items() if value not in (None, []))


COLUMNS = (
    ID,
    Column("Trigger", attrgetter("trigger_type")),
    Column("Action", attrgetter("action_type")),
    Column("Jobs", _jobs),
    Column("Persistent", lambda action: bool(action.persistent)),
    Column("Executed", attrgetter("executed")),
    Column("What", _what),
)
