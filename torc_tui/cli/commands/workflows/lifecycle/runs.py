"""`torc workflows runs`."""

from __future__ import annotations

from typing import Any

from torc_tui.cli.command import command
from torc_tui.cli.options.shared import paging, workflow_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.workflow_runs import WORKFLOW_RUNS


@command(examples=["torc workflows runs latest"])
@workflow_argument
@paging
@pass_settings
def runs(settings: Settings, /, workflow: str | None, **filters: Any) -> None:
    """List the starts and resumes of a workflow, oldest first: who, where, and how they ended."""
    chosen = settings.choose_workflow(workflow)
    found = WORKFLOW_RUNS.items(settings.client, chosen, **filters)
    settings.output.listing("workflow_runs", found, WORKFLOW_RUNS.printed_columns)
