"""`torc workflows execution-plan`."""

from __future__ import annotations

from pathlib import Path

import click

from torc_core.model.ids import WorkflowId
from torc_core.operations.lifecycle.execution_plan import plan_of_file, plan_of_workflow
from torc_tui.cli.command import command
from torc_tui.cli.context import pass_settings
from torc_tui.cli.settings import Settings


@command("execution-plan")
@click.argument("spec_or_id")
@pass_settings
def execution_plan(settings: Settings, spec_or_id: str) -> None:
    """Show what starts when, and what that unblocks: for a file, or for a stored workflow."""
    path = Path(spec_or_id)
    if spec_or_id.isdecimal() and not path.exists():
        plan = plan_of_workflow(settings.client, WorkflowId(int(spec_or_id)))
    else:
        plan = plan_of_file(path)
    settings.output.record(plan.record(), plan.lines())
