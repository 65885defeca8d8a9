"""`torc workflows status` and `torc workflows is-complete`."""

from __future__ import annotations

import click

from torc_core.model.ids import WorkflowId
from torc_tui.cli.context import ID, Settings, pass_settings


@click.command()
@click.argument("workflow_id", type=ID, required=False)
@pass_settings
def status(settings: Settings, workflow_id: WorkflowId | None) -> None:
    """Show the run number, flags and job counts of a workflow."""
    chosen = settings.choose_workflow(workflow_id)
    settings.output.record(settings.client.get_workflow_status(chosen))


@click.command("is-complete")
@click.argument("workflow_id", type=ID, required=False)
@pass_settings
def is_complete(settings: Settings, workflow_id: WorkflowId | None) -> None:
    """Show whether every job of a workflow is complete."""
    chosen = settings.choose_workflow(workflow_id)
    settings.output.record(settings.client.is_workflow_complete(chosen))
