"""`torc slurm parse-logs`."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import click

from torc_core.operations.slurm.parse_logs import (
    ParseRequest,
    SlurmLogIssue,
    parse_slurm_logs,
)
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import output_dir_option, workflow_argument
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column

LINES_SHOWN = 200
_JOBS_SHOWN = 3


def _jobs(issue: SlurmLogIssue) -> str:
    shown = issue.affected_jobs[:_JOBS_SHOWN]
    text = ", ".join(f"{each.job_name} (ID: {each.job_id})" for each in shown)
    more = len(issue.affected_jobs) - len(shown) + issue.affected_jobs_left_out
    return f"{text}, {more:,} more" if more else text


_COLUMNS = (
    Column("File", attrgetter("file")),
    Column("Slurm job ID", attrgetter("slurm_job_id"), is_number=True),
    Column("Line", attrgetter("line_number"), is_number=True),
    Column("Pattern", attrgetter("pattern_description")),
    Column("Severity", attrgetter("severity")),
    Column("Node", attrgetter("node")),
    Column("Affected torc jobs", _jobs),
)


@command(
    examples=[
        "torc slurm parse-logs 12",
        "torc slurm parse-logs 12 -o /scratch/output --errors-only",
        "torc -f json slurm parse-logs latest",
    ]
)
@workflow_argument
@output_dir_option
@click.option("--errors-only", is_flag=True, help="Leave out warnings.")
@pass_settings
def parse_logs(
    settings: Settings, workflow: str | None, *, output_dir: Path | None, errors_only: bool
) -> None:
    """Search the logs of Slurm allocations for known errors, and name the jobs affected.

    These are the jobs that did not complete in the allocation, or still run there. The exit code is
    0 even if errors are found.
    """
    request = ParseRequest(
        workflow_id=settings.choose_workflow(workflow),
        output_dir=output_dir,
        errors_only=errors_only,
    )
    with settings.reporter() as reporter:
        parsed = parse_slurm_logs(settings.client, request, reporter)
    if settings.output.is_json:
        settings.output.record(parsed)
        return
    if parsed.issues:
        settings.output.listing("issues", parsed.issues[:LINES_SHOWN], _COLUMNS)
        if parsed.total_issues > LINES_SHOWN:
            say(f"and {parsed.total_issues - LINES_SHOWN:,} more lines")
        settings.output.text()
    settings.output.text(parsed.sentence)
