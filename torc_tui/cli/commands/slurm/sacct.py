"""`torc slurm sacct`."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import click

from torc_core.operations.logs.output_directory import DEFAULT_OUTPUT_DIRECTORY
from torc_core.operations.reporter import warn_of_all
from torc_core.operations.slurm.accounting import account_for
from torc_core.units import format_bytes, format_seconds
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column


def _formatted(name: str, format_: Callable[[float], str]) -> Callable[[Any], str | None]:
    def value(row: Any) -> str | None:
        found = getattr(row, name)
        return None if found is None else format_(found)

    return value


_COLUMNS = (
    Column("Slurm job", attrgetter("slurm_job_id"), is_number=True),
    Column("Job step", attrgetter("job_step")),
    Column("State", attrgetter("state")),
    Column("Exit code", attrgetter("exit_code"), is_number=True),
    Column("Elapsed", _formatted("elapsed_seconds", format_seconds), is_number=True),
    Column("Max RSS", _formatted("max_rss_bytes", format_bytes), is_number=True),
    Column("CPU time", _formatted("cpu_time_seconds", format_seconds), is_number=True),
    Column("Nodes", attrgetter("nodes")),
)


@command(examples=["torc slurm sacct 12", "torc slurm sacct 12 --save-json -o /scratch/output"])
@workflow_argument
@click.option(
    "-o",
    "--output-dir",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT_OUTPUT_DIRECTORY),
    show_default=DEFAULT_OUTPUT_DIRECTORY,
    help="Where the files of --save-json go.",
)
@click.option(
    "--save-json",
    is_flag=True,
    help="Save all that Slurm knows of each allocation, as sacct_{ID}.json.",
)
@pass_settings
def sacct(settings: Settings, workflow: str | None, *, output_dir: Path, save_json: bool) -> None:
    """Show what Slurm's accounting knows of the allocations of a workflow.

    Each allocation has a line of its own and one for each of its steps. Of a requeued one there are
    lines for every time that it ran.
    """
    chosen = settings.choose_workflow(workflow)
    save_in = output_dir if save_json else None
    accounts = account_for(settings.client, settings.slurm, chosen, save_in=save_in)
    if settings.output.is_json:
        settings.output.record(accounts)
        return
    if accounts.summary:
        settings.output.listing("summary", accounts.summary, _COLUMNS)
        settings.output.text()
    settings.output.text(accounts.sentence)
    with settings.reporter() as reporter:
        warn_of_all(reporter, accounts.errors)
