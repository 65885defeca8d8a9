"""`torc workflows cancel`."""

from __future__ import annotations

import click

from torc_core.model.ids import WorkflowId
from torc_core.operations.cancel import propose_cancel
from torc_tui.cli.context import ID, Settings, pass_settings


@click.command()
@click.argument("workflow_id", type=ID, required=False)
@pass_settings
def cancel(settings: Settings, workflow_id: WorkflowId | None) -> None:
    """Cancel a workflow; its runners stop their jobs."""
    chosen = settings.choose_workflow(workflow_id)
    done = settings.carry_out(propose_cancel(settings.client, chosen))
    settings.output.message(
        done.sentence,
        {"status": "success", "workflow_id": chosen, "canceled_slurm_jobs": 0, "errors": []},
    )
