"""`torc workflows delete`."""

from __future__ import annotations

import click

from torc_core.model.ids import WorkflowId
from torc_core.operations.delete import propose_delete
from torc_tui.cli.commands.workflows.show import decoded
from torc_tui.cli.context import ID, Settings, pass_settings


@click.command()
@click.argument("workflow_ids", type=ID, nargs=-1, required=True)
@click.option("--no-prompts", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also if they belong to another user.")
@pass_settings
def delete(
    settings: Settings, workflow_ids: tuple[WorkflowId, ...], *, no_prompts: bool, force: bool
) -> None:
    """Delete workflows with their jobs, results and events."""
    done = settings.carry_out(
        propose_delete(settings.client, workflow_ids, user=settings.user),
        ask=not no_prompts,
        force=force,
    )
    if settings.output.is_json:
        settings.output.record([decoded(workflow) for workflow in done.workflows])
    else:
        settings.output.message(done.sentence, {})
