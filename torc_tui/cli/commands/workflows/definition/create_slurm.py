"""`torc workflows create-slurm`."""

from __future__ import annotations

from typing import Any

import click

from torc_core.errors import SpecError
from torc_core.operations.definition import create as operation
from torc_core.operations.definition.validate import failed_validation, validate
from torc_core.operations.slurm.submission.contents import SubmissionPlan, plan_expanded
from torc_core.operations.slurm.submission.plan_spec import plan_spec
from torc_core.spec import read_spec
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.plan_options import plan_options, plan_request
from torc_tui.cli.options.shared import accept_misfits_option
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings


@command(
    name="create-slurm",
    examples=[
        "torc workflows create-slurm --account my_project workflow.yaml",
        "torc workflows create-slurm --account my_project workflow.yaml --dry-run",
    ],
)
@argument("file", type=click.Path(), help="A workflow file; `-` for standard input.")
@plan_options
@click.option(
    "--dry-run", is_flag=True, help="Check the file and plan its allocations; create nothing."
)
@accept_misfits_option
@click.option("--no-resource-monitoring", is_flag=True, help="Do not measure memory and CPU.")
@click.option("-u", "--user", help="The owner; you by default.")
@pass_settings
def create_slurm(
    settings: Settings,
    file: str,
    *,
    dry_run: bool,
    skip_checks: bool,
    user: str | None,
    **chosen: Any,
) -> None:
    """Create a workflow from a file, with the Slurm allocations that its jobs need.

    Nothing is submitted: that does `torc submit` with its id.
    """
    request = plan_request(chosen)
    text = read_spec(file)
    try:
        spec = text.expand(skip_checks=skip_checks)
    except SpecError as error:
        if dry_run:
            settings.output.data(failed_validation(error).record())
        raise
    planned = plan_spec(spec, settings.configured.hpc, request)
    plan = SubmissionPlan(allocations=plan_expanded(planned.spec, planned.placements))
    for warning in planned.plan.warnings:
        say(f"warning: {warning}")
    if dry_run:
        found = validate(text, skip_checks=skip_checks)
        lines = (found.sentence, *plan.lines, f"{plan.size[:1].upper()}{plan.size[1:]}.")
        settings.output.message("\n".join(lines), found.record() | plan.record({}))
        return
    spec = planned.spec
    if chosen["no_resource_monitoring"]:
        spec = operation.without_monitoring(spec)
    with settings.reporter() as reporter:
        created = operation.create(
            settings.client, spec, user=user or settings.user, reporter=reporter
        )
    settings.output.message(
        f"{created.sentence}\nSubmit it with: torc submit {created.workflow_id}",
        {"workflow_id": created.workflow_id, "status": "success", "message": created.sentence},
    )
