"""`torc slurm parse-logs`."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

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

ROWS_SHOWN = 200
_JOBS_SHOWN = 3


class _Row(NamedTuple):
    """Lines of one file that tell of the same kind of error: the kernel needs several for one."""

    first: SlurmLogIssue
    lines: int

    @property
    def jobs(self) -> str:
        """The names of some of the jobs, and how many more there are."""
        affected = self.first.affected_jobs
        shown = affected[:_JOBS_SHOWN]
        text = ", ".join(f"{each.job_name} (ID: {each.job_id})" for each in shown)
        more = len(affected) - len(shown) + self.first.affected_jobs_left_out
        return f"{text}, {more:,} more" if more else text


_COLUMNS = (
    Column("File", attrgetter("first.file")),
    Column("Slurm job ID", attrgetter("first.slurm_job_id"), is_number=True),
    Column("Line", attrgetter("first.line_number"), is_number=True),
    Column("Lines", attrgetter("lines"), is_number=True),
    Column("Pattern", attrgetter("first.pattern_description")),
    Column("Severity", attrgetter("first.severity")),
    Column("Node", attrgetter("first.node")),
    Column("Affected torc jobs", attrgetter("jobs")),
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

    These are the jobs that did not complete in the allocation, or still run there. The table has a
    row for each kind of error in a file, with its first line. The exit code is 0 even if errors are
    found.
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
    if rows := _rows(parsed.issues):
        settings.output.listing("issues", rows[:ROWS_SHOWN], _COLUMNS)
        if len(rows) > ROWS_SHOWN:
            say(f"and {len(rows) - ROWS_SHOWN:,} more rows")
        settings.output.text()
    settings.output.text(parsed.sentence)


def _rows(issues: Sequence[SlurmLogIssue]) -> list[_Row]:
    kinds: dict[tuple[str, str], list[SlurmLogIssue]] = {}
    for each in issues:
        kinds.setdefault((each.file, each.pattern_description), []).append(each)
    return [_Row(lines[0], len(lines)) for lines in kinds.values()]
