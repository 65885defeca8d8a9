"""`torc results`."""

from __future__ import annotations

from functools import cache
from typing import Any

import click

from torc_core.client import every_item
from torc_core.config.bounds import EXIT_CODES, WHOLE
from torc_core.model.ids import ResultId
from torc_core.model.status import JobStatus
from torc_tui.cli.command import group
from torc_tui.cli.context import ID, paging, pass_settings, status_filter, workflow_argument
from torc_tui.cli.numbers import number
from torc_tui.cli.settings import Settings
from torc_tui.lists.listing import Column
from torc_tui.lists.results import RESULTS


@group()
def results() -> None:
    """List job results."""


@results.command("list")
@workflow_argument
@click.option("-j", "--job-id", type=ID, help="Only results of this job.")
@click.option("-r", "--run-id", type=number(WHOLE), help="Only results of this run.")
@click.option("--return-code", type=number(EXIT_CODES), help="Only results with this exit code.")
@click.option("--failed", is_flag=True, help="Only results of failed jobs.")
@status_filter
@click.option("--compute-node", "compute_node_id", type=ID, help="Only results from this node.")
@click.option("--all-runs", is_flag=True, help="Every attempt, not only the latest of each job.")
@paging
@pass_settings
def list_(settings: Settings, /, workflow: str | None, *, failed: bool, **filters: Any) -> None:
    """List the results of a workflow, the latest of each job."""
    if failed:
        filters["status"] = JobStatus.FAILED
    chosen = settings.choose_workflow(workflow)
    found = RESULTS.items(settings.client, chosen, **filters)
    names = cache(  # read when the first is wanted
        lambda: {job.id: job.name for job in every_item(settings.client.list_jobs, chosen)}
    )
    columns = RESULTS.printed_columns
    columns = (*columns[:2], Column("Name", lambda r: names().get(r.job_id)), *columns[2:])
    settings.output.listing("results", found, columns)


@results.command()
@click.argument("result_id", type=ID)
@pass_settings
def get(settings: Settings, result_id: ResultId) -> None:
    """Show one result."""
    settings.output.record(settings.client.get_result(result_id))
