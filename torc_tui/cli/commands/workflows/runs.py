"""`torc workflows runs`."""

from __future__ import annotations

from typing import Any

import click

from torc_core.model.ids import WorkflowId
from torc_tui.cli.context import ID, Settings, paging, pass_settings
from torc_tui.lists.workflow_runs import WORKFLOW_RUNS


@click.command()
@click.argument("workflow_id", type=ID, required=False)
@paging
@pass_settings
def runs(settings: Settings, /, workflow_id: WorkflowId | None, **filters: Any) -> None:
    """List the starts and resumes of a workflow, oldest first: who, where, and how they ended."""
    chosen = settings.choose_workflow(workflow_id)
    found = WORKFLOW_RUNS.items(settings.client, chosen, **filters)
    settings.output.listing("workflow_runs", found, WORKFLOW_RUNS.printed_columns)
