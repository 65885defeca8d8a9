"""`torc jobs`."""

from __future__ import annotations

from typing import Any

import click

from torc_core.model.ids import JobId, WorkflowId
from torc_core.operations.jobs import CANCEL, RETRY, TERMINATE, JobChange, propose_change
from torc_tui.cli.context import ID, Settings, paging, pass_settings, status_filter
from torc_tui.lists.jobs import JOBS


@click.group()
def jobs() -> None:
    """List, show, cancel, terminate and retry jobs."""


@jobs.command("list")
@click.argument("workflow_id", type=ID, required=False)
@status_filter
@click.option("--upstream-job-id", type=ID, help="Only jobs that depend on this one.")
@click.option("--include-relationships", is_flag=True, help="With the ids of related records.")
@paging
@pass_settings
def list_(settings: Settings, /, workflow_id: WorkflowId | None, **filters: Any) -> None:
    """List the jobs of a workflow."""
    chosen = settings.choose_workflow(workflow_id)
    found = JOBS.items(settings.client, chosen, **filters)
    settings.output.listing("jobs", found, JOBS.printed_columns)


@jobs.command()
@click.argument("job_id", type=ID)
@pass_settings
def get(settings: Settings, job_id: JobId) -> None:
    """Show one job with its inputs, outputs and dependencies."""
    settings.output.record(settings.client.get_job(job_id))


@jobs.command()
@click.argument("job_ids", type=ID, nargs=-1, required=True)
@pass_settings
def cancel(settings: Settings, job_ids: tuple[JobId, ...]) -> None:
    """Cancel jobs; those that run are stopped."""
    _change(settings, CANCEL, job_ids)


@jobs.command()
@click.argument("job_ids", type=ID, nargs=-1, required=True)
@pass_settings
def terminate(settings: Settings, job_ids: tuple[JobId, ...]) -> None:
    """Terminate running jobs."""
    _change(settings, TERMINATE, job_ids)


@jobs.command()
@click.argument("job_ids", type=ID, nargs=-1, required=True)
@pass_settings
def retry(settings: Settings, job_ids: tuple[JobId, ...]) -> None:
    """Give failed or terminated jobs another attempt."""
    _change(settings, RETRY, job_ids)


def _change(settings: Settings, change: JobChange, job_ids: tuple[JobId, ...]) -> None:
    done = settings.carry_out(propose_change(settings.client, change, job_ids))
    settings.output.message(
        done.sentence, {"status": "success", "message": done.sentence, "job_ids": list(job_ids)}
    )
