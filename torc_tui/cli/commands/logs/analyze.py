"""`torc logs analyze`."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import click

from torc_core.model.ids import WorkflowId
from torc_core.operations.logs.analyze import LogAnalysis, analyze_logs
from torc_core.units import counted
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.types import ID
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column

LINES_SHOWN = 200
_LINES = (
    Column("Severity", attrgetter("severity")),
    Column("File", attrgetter("file")),
    Column("Line", attrgetter("line_number"), is_number=True),
    Column("Type", attrgetter("pattern_name")),
    Column("Text", attrgetter("line_content")),
)
_TYPES = (
    Column("Severity", attrgetter("severity")),
    Column("Type", attrgetter("pattern_name")),
    Column("Group", attrgetter("group")),
    Column("Lines", attrgetter("count"), is_number=True),
)


@command(examples=["torc logs analyze output", "torc logs analyze wf12.tar.gz --workflow-id 12"])
@argument(
    "path",
    type=click.Path(path_type=Path),
    help="An output directory, a bundle, or an unpacked bundle.",
)
@click.option(
    "-w",
    "--workflow-id",
    type=ID,
    help="Only logs of this workflow; required if there are several.",
)
@pass_settings
def analyze(settings: Settings, path: Path, workflow_id: WorkflowId | None) -> None:
    """Search logs for known errors.

    A bundle is read without being unpacked. The exit code is 0 even if errors are found.
    """
    with settings.reporter() as reporter:
        analysis = analyze_logs(path, workflow_id, reporter)
    if settings.output.is_json:
        settings.output.record(analysis)
    else:
        _print(settings, analysis)
    if analysis.members_left_out:
        say(f"Skipped {counted(analysis.members_left_out, 'member')} that are not regular files.")


def _print(settings: Settings, analysis: LogAnalysis) -> None:
    if analysis.errors:
        settings.output.listing("errors", analysis.errors[:LINES_SHOWN], _LINES)
        found = analysis.error_count + analysis.warning_count
        if found > LINES_SHOWN:
            say(f"and {found - LINES_SHOWN:,} more lines")
        settings.output.text()
        settings.output.listing("types", analysis.error_types, _TYPES)
        settings.output.text()
    settings.output.text(analysis.sentence)
