"""`torc workflows status` and `torc workflows is-complete`."""

from __future__ import annotations

from torc_core.operations.reports.whole_status import read_whole_status
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import owner_option, workflow_argument
from torc_tui.cli.output.formats import completeness, fields, status_lines
from torc_tui.cli.settings import Settings, pass_settings

_COMPLETE = "is complete"


@command(examples=["torc workflows status 12", "torc -f json workflows status latest"])
@workflow_argument
@owner_option
@pass_settings
def status(settings: Settings, workflow: str | None) -> None:
    """Show the run number, flags and job counts of a workflow."""
    chosen = settings.choose_workflow(workflow)
    found = read_whole_status(settings.client, chosen)
    lines: dict[str, object] = {}
    for name, value in fields(found).items():
        is_counts = name == "jobs by status"  # it follows the total
        lines |= status_lines(found.jobs_by_status) if is_counts else {name: value}
    lines[_COMPLETE] = completeness(found.is_complete, found.jobs_by_status)
    settings.output.record(found, lines)


@command("is-complete", examples=["torc workflows is-complete 12"])
@workflow_argument
@pass_settings
def is_complete(settings: Settings, workflow: str | None) -> None:
    """Show whether no job of a workflow is left to run, and whether it ended with failures."""
    chosen = settings.choose_workflow(workflow)
    found = settings.client.is_workflow_complete(chosen)
    lines = fields(found)
    if found.is_complete and not settings.output.is_json:
        counts = settings.client.get_workflow_status(chosen).jobs_by_status
        lines[_COMPLETE] = completeness(found.is_complete, counts)
    settings.output.record(found, lines)
