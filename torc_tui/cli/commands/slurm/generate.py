"""`torc slurm generate`."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import click

from torc_core.hpc.planning.plan import PlannedScheduler
from torc_core.operations.definition.transfer.files import document_to_write
from torc_core.operations.slurm.generate import Generated, check_format, plan_record
from torc_core.operations.slurm.generate import generate as generate_file
from torc_core.spec import read_spec
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.plan_options import (
    account_option,
    grouping_options,
    overwrite_option,
    plan_request,
    walltime_options,
)
from torc_tui.cli.options.types import PROFILE
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.formats import print_text
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column

_COLUMNS = (
    Column("Scheduler", attrgetter("record.name")),
    Column("Partition", attrgetter("partition")),
    Column("Jobs", attrgetter("num_jobs"), is_number=True),
    Column("At once", attrgetter("jobs_at_once"), is_number=True),
    Column("Rounds", attrgetter("rounds"), is_number=True),
    Column("Allocations", attrgetter("allocations"), is_number=True),
    Column("Nodes", attrgetter("record.nodes"), is_number=True),
    Column("Walltime", attrgetter("record.walltime")),
    Column("Node-hours", lambda planned: f"{planned.node_hours:,.1f}", is_number=True),
)


@command(
    examples=[
        "torc slurm generate workflow.yaml --account my_project",
        "torc slurm generate workflow.yaml --account my_project --profile kestrel --dry-run",
        "torc slurm generate workflow.yaml --account my_project -o planned.yaml",
    ]
)
@argument("file", type=click.Path(), help="A workflow file; `-` for standard input.")
@account_option
@click.option("--profile", type=PROFILE, help="The HPC profile; by default that of this machine.")
@click.option("-o", "--output", metavar="FILE", help="Write to this file; by default to stdout.")
@grouping_options
@walltime_options
@click.option(
    "--no-actions",
    "with_actions",
    flag_value=False,
    default=True,
    help="Leave out the actions that request the allocations.",
)
@overwrite_option
@click.option("--dry-run", is_flag=True, help="Show the plan; write no file.")
@pass_settings
def generate(settings: Settings, file: str, **given: Any) -> None:
    """Write the Slurm schedulers that a workflow's jobs need into its file.

    Comments, order and format of the file stay. The HPC profile says which partitions there are.
    """
    spec_file = read_spec(file)
    output: str | None = given["output"]
    if output is not None:
        check_format(spec_file, output)
    generated = generate_file(spec_file, settings.configured.hpc, plan_request(given))
    for warning in generated.plan.warnings:
        say(f"warning: {warning}")
    if given["dry_run"]:
        _show(settings, generated)
    elif output is not None:
        with document_to_write(output) as out:
            out.write(generated.file.text.encode())
        settings.output.message(
            f"Wrote {output}: {generated.sentence}",
            generated.summary(output),
        )
    elif settings.output.is_json:
        settings.output.record(generated.record())
    else:
        print_text(generated.file.text)


def _show(settings: Settings, generated: Generated) -> None:
    plan = generated.plan
    if settings.output.is_json:
        settings.output.record(plan_record(plan))
        return
    settings.output.listing("schedulers", plan.schedulers, _COLUMNS)
    settings.output.text()
    settings.output.text(generated.sentence)
    for planned in plan.schedulers:
        settings.output.text(_why(planned))


def _why(planned: PlannedScheduler) -> str:
    return f"{planned.record.name}: {planned.why}"
