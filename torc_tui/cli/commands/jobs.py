"""`torc jobs`."""

from __future__ import annotations

from typing import Any

import click

from torc_core.model.status import JobStatus
from torc_tui.cli.context import ID, Settings, paging, pass_settings
from torc_tui.lists.jobs import JOBS


@click.group()
def jobs() -> None:
    """List and show jobs."""


@jobs.command("list")
@click.argument("workflow_id", type=ID, required=False)
@click.option("-s", "--status", type=click.Choice([str(status) for status in JobStatus]))
@click.option("--upstream-job-id", type=int, help="Only jobs that wait for this one.")
@click.option("--include-relationships", is_flag=True, help="With the ids of related records.")
@paging
@pass_settings
def list_(settings: Settings, /, workflow_id: int | None, **filters: Any) -> None:
    """List the jobs of a workflow."""
    chosen = settings.choose_workflow(workflow_id)
    page = JOBS.page(settings.client, chosen, **filters)
    settings.output.listing("jobs", page.items, JOBS.printed_columns)


@jobs.command()
@click.argument("job_id", type=ID)
@pass_settings
def get(settings: Settings, job_id: int) -> None:
    """Show one job with all that it reads, writes and waits for."""
    settings.output.record(settings.client.get_job(job_id))
