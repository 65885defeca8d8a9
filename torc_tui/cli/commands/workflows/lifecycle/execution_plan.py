"""`torc workflows execution-plan`."""

from __future__ import annotations

from pathlib import Path

from torc_core.operations.lifecycle.execution_plan import plan_of_file, plan_of_workflow
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.shared import accept_misfits_option
from torc_tui.cli.options.types import FILE_OR_WORKFLOW
from torc_tui.cli.settings import Settings, pass_settings


@command(
    "execution-plan",
    examples=[
        "torc workflows execution-plan workflow.yaml",
        "torc -f json workflows execution-plan 12",
    ],
)
@argument(
    "spec_or_id",
    type=FILE_OR_WORKFLOW,
    help="A workflow file, or the id of a workflow, its name or `latest`.",
)
@accept_misfits_option
@pass_settings
def execution_plan(settings: Settings, spec_or_id: str, *, skip_checks: bool) -> None:
    """Show which jobs start when, and which they unblock, for a file or a stored workflow.

    For a stored workflow it also shows which jobs `reinitialize` would run again, and why.
    """
    workflow_id = settings.find_workflow_unless_file(spec_or_id)
    if workflow_id is None:
        plan = plan_of_file(Path(spec_or_id), skip_checks=skip_checks)
    else:
        plan = plan_of_workflow(settings.client, workflow_id)
    settings.output.message(plan.text(), plan.record())
