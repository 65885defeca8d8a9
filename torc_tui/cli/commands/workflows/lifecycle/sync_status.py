"""`torc workflows sync-status`."""

from __future__ import annotations

import click

from torc_core.operations.recovery.sync_status import propose_sync_status
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(
    "sync-status",
    examples=["torc workflows sync-status 12 --dry-run", "torc workflows sync-status 12"],
)
@workflow_argument
@click.option("--dry-run", is_flag=True, help="Show what is over; change nothing.")
@pass_settings
def sync_status(settings: Settings, workflow: str | None, *, dry_run: bool) -> None:
    """Record what is over: allocations that Slurm has ended, and jobs that no runner holds.

    Without Slurm on this machine, its allocations are not judged, and the exit code is 9.
    """
    chosen = settings.choose_workflow(workflow)
    with settings.reporter() as reporter:
        proposal = propose_sync_status(
            settings.client, settings.slurm, chosen, reporter, dry_run=dry_run
        )
    if not settings.output.is_json:
        settings.output.text(f"Synchronizing job statuses for workflow {chosen}...")
    done = settings.carry_out(proposal)
    if settings.output.is_json:
        settings.output.record(done.report)
    else:
        settings.output.text("\n".join(done.lines))
    if done.not_judged is not None:
        raise done.not_judged
