"""`torc workflows submit`."""

from __future__ import annotations

import click

from torc_tui.cli.command import command
from torc_tui.cli.commands.submit import SubmitChoices, site_options, submit_workflow
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.options.submit_options import question_options, submit_options
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc workflows submit 12", "torc workflows submit latest --no-prompts"])
@workflow_argument
@submit_options
@question_options
@click.option("--force", is_flag=True, help="The same as `--ignore-missing-data`.")
@pass_settings
def submit(
    settings: Settings, workflow: str | None, *, output_dir: str, force: bool, **choices: bool
) -> None:
    """Submit a workflow to Slurm, as `torc submit` does with its id."""
    choices["ignore_missing_data"] |= force
    chosen, options = settings.choose_workflow(workflow), site_options(settings, output_dir)
    submit_workflow(settings, chosen, options, SubmitChoices(**choices))
