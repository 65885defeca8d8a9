"""`torc workflows reinitialize`."""

from __future__ import annotations

from operator import attrgetter

import click

from torc_core.operations.lifecycle.reinitialize import (
    ReinitializeCheck,
    preview_reinitialize,
    propose_reinitialize,
)
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column

_COLUMNS = (
    Column("ID", attrgetter("job_id"), is_number=True),
    Column("Name", attrgetter("name")),
    Column("Reruns", attrgetter("reruns")),
    Column("Why", lambda job: "; ".join(job.reasons)),
)


@command(
    examples=["torc workflows reinitialize 12 --dry-run", "torc workflows reinitialize latest"]
)
@workflow_argument
@click.option(
    "--force", is_flag=True, help="Continue even if inputs are missing or allocations are active."
)
@click.option("--dry-run", is_flag=True, help="Show which jobs would run again, and why.")
@pass_settings
def reinitialize(settings: Settings, workflow: str | None, *, force: bool, dry_run: bool) -> None:
    """Start a new run of the jobs that changed or did not complete.

    A job runs again if an input file was modified or is gone, if an output file is missing, if its
    command or user data changed, if it was canceled or terminated, or has not run. So do all jobs
    downstream of it. Failed jobs stay failed: see `torc workflows reset-status --failed-only`.
    """
    chosen = settings.choose_workflow(workflow)
    if dry_run:
        _print(settings, preview_reinitialize(settings.client, chosen))
        return
    done = settings.carry_out(propose_reinitialize(settings.client, chosen), force=force)
    settings.output.message(
        done.sentence, {"status": "success", "message": done.sentence, "workflow_id": chosen}
    )


def _print(settings: Settings, check: ReinitializeCheck) -> None:
    if settings.output.is_json:
        settings.output.record(check.record())
        return
    objection = check.objection()
    if objection is not None:
        say(f"warning: {objection.message}")
    settings.output.text(check.sentence)
    settings.output.listing("jobs", check.jobs, _COLUMNS)
