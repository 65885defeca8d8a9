"""`torc workflows list-actions`."""

from __future__ import annotations

from torc_tui.cli.command import command
from torc_tui.cli.options.shared import owner_option, workflow_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.workflow_actions import ACTIONS


@command("list-actions", examples=["torc workflows list-actions 12"])
@workflow_argument
@owner_option
@pass_settings
def list_actions(settings: Settings, workflow: str | None) -> None:
    """List the actions of a workflow: when and what they do, and whether they were executed."""
    chosen = settings.choose_workflow(workflow)
    actions = settings.client.get_workflow_actions(chosen)
    settings.output.listing("actions", actions, ACTIONS.printed_columns)
