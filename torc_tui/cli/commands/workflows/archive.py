"""`torc workflows archive`."""

from __future__ import annotations

import click

from torc_core.model.ids import WorkflowId
from torc_core.operations.archive import archive_workflows
from torc_tui.cli.context import ID, Settings, pass_settings


@click.command()
@click.argument("is_archived", type=bool, metavar="true|false")
@click.argument("workflow_ids", type=ID, nargs=-1, required=True)
@pass_settings
def archive(settings: Settings, workflow_ids: tuple[WorkflowId, ...], *, is_archived: bool) -> None:
    """Archive workflows, so that they are hidden and cannot be run, or restore them."""
    done = archive_workflows(settings.client, workflow_ids, is_archived=is_archived)
    settings.output.message(
        done.sentence,
        {
            "status": "success",
            "updated_workflows": list(workflow_ids),
            "is_archived": is_archived,
        },
    )
