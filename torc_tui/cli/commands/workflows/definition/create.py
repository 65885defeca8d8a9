"""`torc workflows create`."""

from __future__ import annotations

from pathlib import Path

import click

from torc_core.errors import SpecError
from torc_core.operations.definition import create as operation
from torc_core.spec import load_workflow
from torc_core.spec.expanded import ExpandedWorkflow
from torc_tui.cli.command import command
from torc_tui.cli.context import pass_settings
from torc_tui.cli.diagnostics import say
from torc_tui.cli.settings import Settings


@command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and count; create nothing.")
@click.option("--skip-checks", is_flag=True, hidden=True)
@click.option("--no-resource-monitoring", is_flag=True, help="Do not measure memory and CPU.")
@pass_settings
def create(
    settings: Settings,
    file: Path,
    *,
    dry_run: bool,
    skip_checks: bool,  # noqa: ARG001 - accepted for the reference's sake: checks cost nothing here
    no_resource_monitoring: bool,
) -> None:
    """Create a workflow from a file; all of it, or nothing."""
    try:
        spec = load_workflow(file)
    except SpecError as error:
        if dry_run and settings.output.is_json:
            settings.output.record({"valid": False, "errors": error.problems, "warnings": []})
        raise
    if dry_run:
        _print_dry_run(settings, spec)
        return
    if no_resource_monitoring:
        spec = operation.without_monitoring(spec)
    with settings.reporter() as reporter:
        created = operation.create(settings.client, spec, user=settings.user, reporter=reporter)
    settings.output.message(
        created.sentence,
        {
            "workflow_id": created.workflow_id,
            "status": "success",
            "message": created.sentence,
        },
    )


def _print_dry_run(settings: Settings, spec: ExpandedWorkflow) -> None:
    for warning in spec.warnings:
        say(f"warning: {warning}")
    for note in spec.notes:
        say(note)
    summary = {
        "workflow": spec.name,
        "jobs": len(spec.jobs),
        "dependencies": sum(map(len, spec.dependencies())),
        "files": len(spec.files),
        "user_data": len(spec.user_data),
        "resource_requirements": len(spec.resource_requirements),
        "failure_handlers": len(spec.failure_handlers),
        "slurm_schedulers": len(spec.slurm_schedulers),
        "actions": len(spec.actions),
    }
    settings.output.record(
        {
            "valid": True,
            "errors": [],
            "warnings": list(spec.warnings),
            "notes": list(spec.notes),
            "summary": summary,
        },
        {name.replace("_", " "): value for name, value in summary.items()},
    )
