"""`torc jobs list` and `torc jobs get`."""

from __future__ import annotations

from typing import Any

import click

from torc_core.model.ids import JobId
from torc_core.model.status import JobStatus
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.shared import job_argument, paging, status_filter, workflow_argument
from torc_tui.cli.options.types import ID, WORKFLOW
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.jobs import JOBS


@command(
    "list",
    examples=[
        "torc jobs list latest --status failed",
        "torc jobs list 1 --sort-by name --limit 20",
        "torc -f json jobs list 1 --include-relationships",
    ],
)
@workflow_argument
@status_filter
@click.option("--upstream-job-id", type=ID, help="Only jobs that depend on this one.")
@click.option("--include-relationships", is_flag=True, help="With the ids of related records.")
@paging
@pass_settings
def list_(settings: Settings, /, workflow: str | None, **filters: Any) -> None:
    """List the jobs of a workflow."""
    _list(settings, workflow, filters)


@command("list-by-status", examples=["torc jobs list 1 --status running"])
@argument("workflow", type=WORKFLOW, help="Its id, its name or `latest`.")
@argument(
    "status",
    type=click.Choice([str(status) for status in JobStatus]),
    required=False,
    help="Only jobs with this status.",
)
@pass_settings
def list_by_status(settings: Settings, workflow: str, status: str | None) -> None:
    """List the jobs of a workflow that have a status, or all of them by their statuses."""
    _list(settings, workflow, {"status": status} if status else {"sort_by": "status"})


def _list(settings: Settings, workflow: str | None, filters: dict[str, Any]) -> None:
    chosen = settings.choose_workflow(workflow)
    found = JOBS.items(settings.client, chosen, **filters)
    settings.output.listing("jobs", found, JOBS.printed_columns)


@command(examples=["torc jobs get 12"])
@job_argument
@pass_settings
def get(settings: Settings, job_id: JobId) -> None:
    """Show one job with its inputs, outputs and dependencies."""
    settings.output.record(settings.client.get_job(job_id))
