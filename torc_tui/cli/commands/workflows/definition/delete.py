"""`torc workflows delete`."""

from __future__ import annotations

import click

from torc_core.operations.definition.delete import propose_delete
from torc_tui.cli.command import command
from torc_tui.cli.commands.workflows.definition.show import decoded
from torc_tui.cli.options.shared import workflows_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc workflows delete 12 13", "torc workflows delete latest --no-prompts"])
@workflows_argument
@click.option("--no-prompts", is_flag=True, help="Do not ask; only if workflows are named.")
@click.option("--force", is_flag=True, help="Delete workflows of other users too.")
@pass_settings
def delete(
    settings: Settings, workflows: tuple[str, ...], *, no_prompts: bool, force: bool
) -> None:
    """Delete workflows with their jobs, results and events."""
    done = settings.carry_out(
        propose_delete(settings.client, settings.choose_workflows(workflows), user=settings.user),
        ask=not (no_prompts and workflows),
        force=force,
    )
    settings.output.message(done.sentence, [decoded(workflow) for workflow in done.workflows])
