"""`torc workflows correct-resources`."""

from __future__ import annotations

from operator import attrgetter

import click

from torc_core.config.bounds import MULTIPLIER
from torc_core.diagnosis.corrections import Multipliers
from torc_core.model.ids import JobId
from torc_core.operations.reports.correct import propose_corrections
from torc_tui.cli.command import command
from torc_tui.cli.options.id_lists import IdListCommand, id_list
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column

_COLUMNS = (
    Column("ID", attrgetter("resource_requirements_id"), is_number=True),
    Column("Requirements", attrgetter("resource_requirements_name")),
    Column("Memory", attrgetter("memory_text")),
    Column("Runtime", attrgetter("runtime_text")),
    Column("Jobs", lambda each: len(each.job_ids), is_number=True),
)


@command(
    "correct-resources",
    cls=IdListCommand,
    examples=[
        "torc workflows correct-resources 12 --dry-run",
        "torc workflows correct-resources 12 --memory-multiplier 1.5 --job-ids 7,9",
    ],
)
@workflow_argument
@click.option(
    "--memory-multiplier",
    type=number(MULTIPLIER),
    default=1.2,
    help="New memory, as a multiple of the peak.",
)
@click.option(
    "--runtime-multiplier",
    type=number(MULTIPLIER),
    default=1.2,
    help="New runtime, as a multiple of the longest one.",
)
@id_list("--job-ids", help="Only these jobs.")
@click.option("--dry-run", is_flag=True, help="Show the corrections; change nothing.")
@pass_settings
def correct_resources(
    settings: Settings,
    workflow: str | None,
    *,
    memory_multiplier: float,
    runtime_multiplier: float,
    job_ids: list[JobId] | None,
    dry_run: bool,
) -> None:
    """Raise the requirements of jobs that used more than they state, or failed for that reason.

    Jobs that share requirements get the same ones. Amounts are rounded up and never reduced.
    """
    proposal = propose_corrections(
        settings.client,
        settings.choose_workflow(workflow),
        Multipliers(memory_multiplier, runtime_multiplier),
        job_ids or (),
        dry_run=dry_run,
    )
    report = settings.carry_out(proposal)
    if settings.output.is_json:
        settings.output.record(report)
        return
    if report.adjustments:
        settings.output.listing("adjustments", report.adjustments, _COLUMNS)
    settings.output.text(report.sentence)
