"""`torc workflows`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from torc_core.client import TorcClient
from torc_core.errors import AccessError, SpecError, UsageError
from torc_core.model.workflow import Workflow
from torc_core.operations.create import create_workflow
from torc_core.operations.initialize import (
    StartCheck,
    archive_workflow,
    check_start,
    initialize_workflow,
)
from torc_core.spec import load_workflow
from torc_core.spec.expanded import ExpandedWorkflow
from torc_tui.cli.context import ID, Settings, paging, pass_settings
from torc_tui.cli.diagnostics import say
from torc_tui.cli.output import counted
from torc_tui.cli.plan import plan_lines, plan_of_file, plan_of_workflow
from torc_tui.lists.workflows import WORKFLOWS

SPEC_FILE = click.Path(path_type=Path)


@click.group()
def workflows() -> None:
    """Create, list, start and delete workflows."""


@workflows.command()
@click.argument("file", type=SPEC_FILE)
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
    for warning in spec.warnings:
        say(f"warning: {warning}")
    if dry_run:
        _print_dry_run(settings, spec)
        return
    if no_resource_monitoring:
        spec = without_monitoring(spec)
    workflow_id = create_workflow(settings.client, spec, user=str(settings.choice.user))
    message = f"Created workflow {workflow_id} ({spec.name}) with {counted(len(spec.jobs), 'job')}."
    settings.output.message(
        message, {"workflow_id": workflow_id, "status": "success", "message": message}
    )


def without_monitoring(spec: ExpandedWorkflow) -> ExpandedWorkflow:
    """Return the workflow with its monitoring switched off."""
    settings = msgspec.structs.replace(spec.settings, resource_monitor={"enabled": False})
    return msgspec.structs.replace(spec, settings=settings)


def _print_dry_run(settings: Settings, spec: ExpandedWorkflow) -> None:
    dependencies = spec.dependencies()
    summary = {
        "workflow": spec.name,
        "jobs": len(spec.jobs),
        "dependencies": sum(map(len, dependencies)),
        "files": len(spec.files),
        "user_data": len(spec.user_data),
        "resource_requirements": len(spec.resource_requirements),
        "failure_handlers": len(spec.failure_handlers),
        "slurm_schedulers": len(spec.slurm_schedulers),
        "actions": len(spec.actions),
    }
    settings.output.record(
        {"valid": True, "errors": [], "warnings": list(spec.warnings), "summary": summary},
        {name.replace("_", " "): value for name, value in summary.items()},
    )


@workflows.command("list")
@click.option("--all-users", is_flag=True, help="Everybody's, not only yours.")
@click.option("-u", "--user", help="Somebody's.")
@click.option("--archived-only", is_flag=True)
@click.option("--include-archived", is_flag=True)
@paging
@pass_settings
def list_(
    settings: Settings,
    /,
    *,
    all_users: bool,
    user: str | None,
    archived_only: bool,
    include_archived: bool,
    **page: Any,
) -> None:
    """List workflows."""
    found = WORKFLOWS.page(
        settings.client,
        None,
        user=None if all_users else user or settings.choice.user,
        is_archived=None if include_archived else archived_only,
        **page,
    )
    if settings.output.is_json:
        settings.output.record({"workflows": [_decoded(item) for item in found.items]})
    else:
        settings.output.listing("workflows", found.items, WORKFLOWS.printed_columns)


@workflows.command()
@click.argument("workflow_id", type=ID, required=False)
@pass_settings
def get(settings: Settings, workflow_id: int | None) -> None:
    """Show a workflow and its settings."""
    workflow = settings.client.get_workflow(settings.choose_workflow(workflow_id))
    settings.output.record(_decoded(workflow))


@workflows.command()
@click.argument("workflow_id", type=ID, required=False)
@pass_settings
def status(settings: Settings, workflow_id: int | None) -> None:
    """Show run number, flags and job counts of a workflow."""
    chosen = settings.choose_workflow(workflow_id)
    settings.output.record(settings.client.get_workflow_status(chosen))


@workflows.command("is-complete")
@click.argument("workflow_id", type=ID, required=False)
@pass_settings
def is_complete(settings: Settings, workflow_id: int | None) -> None:
    """Tell whether every job has ended."""
    chosen = settings.choose_workflow(workflow_id)
    settings.output.record(settings.client.is_workflow_complete(chosen))


@workflows.command()
@click.argument("workflow_id", type=ID, required=False)
@click.option("--force", is_flag=True, help="Go on although inputs are missing.")
@click.option("--no-prompts", is_flag=True, help="Do not ask before outputs are overwritten.")
@click.option("--dry-run", is_flag=True, help="Look at inputs and outputs; change nothing.")
@pass_settings
def initialize(
    settings: Settings, workflow_id: int | None, *, force: bool, no_prompts: bool, dry_run: bool
) -> None:
    """Start a new run: every job is taken back, then blocked or ready."""
    chosen = settings.choose_workflow(workflow_id)
    check = check_start(settings.client, chosen)
    if dry_run:
        _print_check(settings, chosen, check)
        return
    if check.existing_output_files and not (force or no_prompts or settings.output.is_json):
        _confirm_overwrite(check)
    state = initialize_workflow(settings.client, chosen, force=force)
    counts = state.jobs_by_status or {}
    message = (
        f"Initialized workflow {chosen}, run {state.run_id}: "
        f"{counts.get('ready', 0)} jobs ready, {counts.get('blocked', 0)} blocked."
    )
    settings.output.message(
        message, {"status": "success", "message": message, "workflow_id": chosen}
    )


def _print_check(settings: Settings, workflow_id: int, check: StartCheck) -> None:
    settings.output.record(
        {
            "workflow_id": workflow_id,
            "safe": check.is_safe,
            "missing_input_files": check.missing_input_files,
            "missing_input_file_count": len(check.missing_input_files),
            "missing_user_data_count": check.missing_user_data,
            "existing_output_files": check.existing_output_files,
            "existing_output_file_count": len(check.existing_output_files),
        }
    )


def _confirm_overwrite(check: StartCheck) -> None:
    files = check.existing_output_files
    say(f"{len(files)} output files exist and will be written again, such as {files[0]}.")
    if not sys.stdin.isatty():
        raise UsageError(
            "Nobody is here to say whether outputs may be overwritten.", hint="Add --no-prompts."
        )
    click.confirm("Initialize?", abort=True, err=True)


@workflows.command()
@click.argument("workflow_ids", type=ID, nargs=-1, required=True)
@click.option("--no-prompts", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also if they belong to somebody else.")
@pass_settings
def delete(
    settings: Settings, workflow_ids: tuple[int, ...], *, no_prompts: bool, force: bool
) -> None:
    """Delete workflows with their jobs, results and events."""
    client = settings.client
    found = [client.get_workflow(workflow_id) for workflow_id in workflow_ids]
    for workflow in found:
        if workflow.user != settings.choice.user and not force:
            raise AccessError(
                f"Workflow {workflow.id} ({workflow.name}) belongs to {workflow.user}.",
                hint="Add --force to delete it all the same.",
            )
    if not no_prompts:
        _confirm_deletion(client, found)
    deleted = [_decoded(client.delete_workflow(workflow_id)) for workflow_id in workflow_ids]
    if settings.output.is_json:
        settings.output.record(deleted)
    else:
        settings.output.message(f"Deleted {counted(len(deleted), 'workflow')}.", {})


def _confirm_deletion(client: TorcClient, found: list[Workflow]) -> None:
    for workflow in found:
        assert workflow.id is not None
        jobs = client.get_workflow_status(workflow.id).total_jobs
        say(f"Workflow {workflow.id} ({workflow.name}) with {jobs} jobs and all their results.")
    if not sys.stdin.isatty():
        raise UsageError("Nobody is here to confirm the deletion.", hint="Add --no-prompts.")
    click.confirm("Delete?", abort=True, err=True)


@workflows.command()
@click.argument("workflow_id", type=ID, required=False)
@pass_settings
def cancel(settings: Settings, workflow_id: int | None) -> None:
    """Cancel a workflow; its runners stop their jobs."""
    chosen = settings.choose_workflow(workflow_id)
    settings.client.cancel_workflow(chosen)
    settings.output.message(
        f"Canceled workflow {chosen}.",
        {"status": "success", "workflow_id": chosen, "canceled_slurm_jobs": 0, "errors": []},
    )


@workflows.command()
@click.argument("is_archived", type=bool, metavar="true|false")
@click.argument("workflow_ids", type=ID, nargs=-1, required=True)
@pass_settings
def archive(settings: Settings, workflow_ids: tuple[int, ...], *, is_archived: bool) -> None:
    """Put workflows out of sight, where they cannot be started, or bring them back."""
    for workflow_id in workflow_ids:
        archive_workflow(settings.client, workflow_id, is_archived=is_archived)
    settings.output.message(
        f"{'Archived' if is_archived else 'Brought back'} "
        f"{counted(len(workflow_ids), 'workflow')}.",
        {
            "status": "success",
            "updated_workflows": list(workflow_ids),
            "is_archived": is_archived,
        },
    )


@workflows.command("execution-plan")
@click.argument("spec_or_id")
@pass_settings
def execution_plan(settings: Settings, spec_or_id: str) -> None:
    """Show what starts when, and what that sets free: for a file, or for a stored workflow."""
    path = Path(spec_or_id)
    if spec_or_id.isdecimal() and not path.exists():
        plan = plan_of_workflow(settings.client, int(spec_or_id))
    else:
        plan = plan_of_file(path)
    settings.output.record(plan, plan_lines(plan))


def _decoded(workflow: Workflow) -> dict[str, Any]:
    """Return a workflow with its JSON texts as objects, as the reference prints it."""
    plain: dict[str, Any] = msgspec.to_builtins(workflow)
    for name in ("metadata", "slurm_defaults", "resource_monitor_config"):
        if isinstance(plain.get(name), str):
            plain[name] = msgspec.json.decode(plain[name])
    return plain
