"""`torc workflows archive`."""

from __future__ import annotations

import click

from torc_core.operations.definition.archive import archive_workflows
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.shared import workflows_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc workflows archive true 12", "torc workflows archive false 12"])
@argument(
    "wanted",
    type=click.Choice(["true", "false"], case_sensitive=False),
    metavar="true|false",
    help="`true` archives them, `false` restores them.",
)
@workflows_argument
@pass_settings
def archive(settings: Settings, wanted: str, workflows: tuple[str, ...]) -> None:
    """Archive workflows, so that they are hidden and cannot be run, or restore them."""
    is_archived = wanted == "true"
    workflow_ids = settings.choose_workflows(workflows, is_archived=not is_archived)
    done = archive_workflows(settings.client, workflow_ids, is_archived=is_archived)
    settings.output.message(
        done.sentence,
        {
            "status": "success",
            "updated_workflows": list(workflow_ids),
            "is_archived": is_archived,
        },
    )
