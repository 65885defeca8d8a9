"""`torc workflows status` and `torc workflows is-complete`."""

from __future__ import annotations

from torc_tui.cli.command import command
from torc_tui.cli.options.shared import owner_option, workflow_argument
from torc_tui.cli.output.formats import fields, status_lines
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc workflows status 12", "torc -f json workflows status latest"])
@workflow_argument
@owner_option
@pass_settings
def status(settings: Settings, workflow: str | None) -> None:
    """Show the run number, flags and job counts of a workflow."""
    chosen = settings.choose_workflow(workflow)
    found = settings.client.get_workflow_status(chosen)
    lines: dict[str, object] = {}
    for name, value in fields(found).items():
        is_counts = name == "jobs by status"  # it follows the total
        lines |= status_lines(found.jobs_by_status) if is_counts else {name: value}
    settings.output.record(found, lines)


@command("is-complete", examples=["torc workflows is-complete 12"])
@workflow_argument
@pass_settings
def is_complete(settings: Settings, workflow: str | None) -> None:
    """Show whether every job of a workflow is complete."""
    chosen = settings.choose_workflow(workflow)
    settings.output.record(settings.client.is_workflow_complete(chosen))
