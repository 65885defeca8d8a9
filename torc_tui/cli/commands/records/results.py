"""`torc results`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import click

from torc_core.client import TorcClient, every_item
from torc_core.config.bounds import EXIT_CODES, WHOLE
from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_tui.cli.commands.records.results_diff import diff
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import paging, status_filter
from torc_tui.cli.options.types import ID
from torc_tui.cli.resource import Resource, resource_group
from torc_tui.lists.listing import Column
from torc_tui.lists.results import RESULTS


def _columns(client: TorcClient, workflow_id: WorkflowId) -> tuple[Column, ...]:
    """Return the columns with the names of the jobs, which older servers do not give."""

    @cache  # read only if a name is missing
    def names() -> dict[Any, str]:
        return {job.id: job.name for job in every_item(client.list_jobs, workflow_id)}

    def name(result: Result) -> str | None:
        return result.job_name or names().get(result.job_id)

    columns = RESULTS.printed_columns
    return (*columns[:2], Column("Name", name), *columns[2:])


def _is_failed(result: Result) -> bool:
    return result.return_code != 0 or result.status is JobStatus.FAILED


def _select(filters: dict[str, Any]) -> Callable[[Result], bool] | None:
    return _is_failed if filters.pop("failed") else None


RESOURCE = Resource(
    name="results",
    one="result",
    many="results",
    key="results",
    summary="Results: how the attempts of jobs ended.",
    listing=RESULTS,
    get=lambda client, result_id: client.get_result(result_id),
    delete=lambda client, result_id: client.delete_result(result_id),
    filters=(
        click.option("-j", "--job-id", type=ID, help="Only results of this job."),
        click.option("-r", "--run-id", type=number(WHOLE), help="Only results of this run."),
        click.option(
            "--return-code", type=number(EXIT_CODES), help="Only results with this exit code."
        ),
        click.option(
            "--failed",
            is_flag=True,
            help="Only attempts that failed or exited with another code than 0.",
        ),
        status_filter,
        click.option(
            "--compute-node", "compute_node_id", type=ID, help="Only results from this node."
        ),
        click.option(
            "--all-runs", is_flag=True, help="Every attempt, not only the latest of each job."
        ),
    ),
    paging=paging,
    select=_select,
    columns=_columns,
    label=lambda result: f" of job {result.job_id}",
)

results = resource_group(RESOURCE)
results.add_command(diff)


def _name_list(_ctx: click.Context, _option: click.Parameter, job_id: int | None) -> None:
    """Refuse the job of `torc results get WORKFLOW --job-id ID`, as tutorials print it."""
    if job_id is not None:
        raise UsageError(
            "`torc results get` takes the id of a result, not that of a job.",
            hint=f"torc results list WORKFLOW --job-id {job_id}",
        )


results.commands["get"].params.append(
    click.Option(["-j", "--job-id"], type=ID, hidden=True, expose_value=False, callback=_name_list)
)
