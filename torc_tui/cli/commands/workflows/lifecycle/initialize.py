"""`torc workflows initialize`."""

from __future__ import annotations

import click

from torc_core.operations.lifecycle.initialize import propose_initialize
from torc_core.operations.lifecycle.inputs import check_start
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc workflows initialize 12", "torc workflows initialize latest --dry-run"])
@workflow_argument
@click.option(
    "--force", is_flag=True, help="Continue even if inputs are missing or jobs are active."
)
@click.option("--no-prompts", is_flag=True, help="Do not ask before outputs are overwritten.")
@click.option("--dry-run", is_flag=True, help="Check inputs and outputs; change nothing.")
@pass_settings
def initialize(
    settings: Settings,
    workflow: str | None,
    *,
    force: bool,
    no_prompts: bool,
    dry_run: bool,
) -> None:
    """Start a new run: every job is reset, then blocked or ready."""
    chosen = settings.choose_workflow(workflow)
    if dry_run:
        settings.output.record(check_start(settings.client, chosen).record(chosen))
        return
    done = settings.carry_out(
        propose_initialize(settings.client, chosen),
        ask=not (force or no_prompts or settings.output.is_json),
        force=force,
    )
    settings.output.message(
        done.sentence, {"status": "success", "message": done.sentence, "workflow_id": chosen}
    )
