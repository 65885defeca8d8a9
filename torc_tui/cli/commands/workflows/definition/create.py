"""`torc workflows create`."""

from __future__ import annotations

import click

from torc_core.errors import SpecError
from torc_core.operations.definition import create as operation
from torc_core.operations.definition.validate import failed_validation, validate
from torc_core.spec import SpecFile, read_spec
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.shared import accept_misfits_option
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=[
        "torc workflows create workflow.yaml",
        "torc workflows create workflow.yaml --dry-run",
        "torc -f json workflows create workflow.kdl",
    ]
)
@argument("file", type=click.Path(), help="A workflow file; `-` for standard input.")
@click.option(
    "--dry-run", is_flag=True, help="Check the file and count its records; create nothing."
)
@accept_misfits_option
@click.option("--no-resource-monitoring", is_flag=True, help="Do not measure memory and CPU.")
@click.option("-u", "--user", help="The owner; you by default.")
@pass_settings
def create(
    settings: Settings,
    file: str,
    *,
    dry_run: bool,
    skip_checks: bool,
    no_resource_monitoring: bool,
    user: str | None,
) -> None:
    """Create a workflow from a file (YAML, JSON, JSON5 or KDL): all of it, or nothing."""
    text = read_spec(file)
    if dry_run:
        _print_dry_run(settings, text, skip_checks=skip_checks)
        return
    spec = text.expand(skip_checks=skip_checks)
    if no_resource_monitoring:
        spec = operation.without_monitoring(spec)
    with settings.reporter() as reporter:
        created = operation.create(
            settings.client, spec, user=user or settings.user, reporter=reporter
        )
    settings.output.message(
        created.sentence,
        {
            "id": created.workflow_id,
            "workflow_id": created.workflow_id,
            "status": "success",
            "message": created.sentence,
        },
    )


def _print_dry_run(settings: Settings, file: SpecFile, *, skip_checks: bool) -> None:
    try:
        found = validate(file, skip_checks=skip_checks)
    except SpecError as error:
        settings.output.data(failed_validation(error).record())
        raise
    settings.output.message(found.sentence, found.record())
