"""`torc reports failures`."""

from __future__ import annotations

from pathlib import Path

import click

from torc_core.config.bounds import WHOLE
from torc_core.operations.repair.failure_report import report_failures
from torc_core.operations.repair.failures import Need, needs_of
from torc_core.operations.repair.survey import MOST_LOGS, survey_failures
from torc_tui.cli.command import command
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import output_dir_option, workflow_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.failed.groups import FAILURE_GROUPS

_NEXT = {
    Need.RECOVER: "More memory or time, for {}: torc recover {}",
    Need.RERUN: "Nothing but another attempt, for {}: torc recover {}",
    Need.LOOK: (
        "A look at why {} failed; then: torc workflows reset-status {} --failed-only --reinitialize"
    ),
}


@command(examples=["torc reports failures latest", "torc -f json reports failures 12"])
@workflow_argument
@output_dir_option
@click.option(
    "--logs",
    "most_logs",
    type=number(WHOLE),
    default=MOST_LOGS,
    help="Read the ends of at most so many logs.",
)
@pass_settings
def failures(
    settings: Settings, workflow: str | None, *, output_dir: Path | None, most_logs: int
) -> None:
    """Group failed jobs by what they have in common, and say what each group needs.

    That is the cause, where exit codes and measurements tell it, or the last error line of their
    logs, in which numbers, ids and paths are replaced.
    """
    workflow_id = settings.choose_workflow(workflow)
    found = survey_failures(settings.client, workflow_id, most_logs, output_dir)
    if settings.output.is_json:
        settings.output.record(report_failures(workflow_id, found))
        return
    if found.groups:
        settings.output.listing("failures", found.groups, FAILURE_GROUPS.printed_columns)
        settings.output.text()
    settings.output.text(found.sentence)
    for need, jobs in needs_of(found.groups).items():
        settings.output.text(_NEXT[need].format(jobs, workflow_id))
