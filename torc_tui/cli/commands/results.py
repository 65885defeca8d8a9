"""`torc results`."""

from __future__ import annotations

from typing import Any

import click

from torc_core.client import every_item
from torc_core.model.status import JobStatus
from torc_core.units import format_bytes, format_seconds
from torc_tui.cli.context import ID, Settings, paging, pass_settings
from torc_tui.cli.output import Column


@click.group()
def results() -> None:
    """List what became of jobs."""


_COLUMNS = [
    Column("ID", lambda result: result.id, ">"),
    Column("JOB", lambda result: result.job_id, ">"),
    Column("RUN", lambda result: result.run_id, ">"),
    Column("ATTEMPT", lambda result: result.attempt_id, ">"),
    Column("STATUS", lambda result: result.status),
    Column("CODE", lambda result: result.return_code, ">"),
    Column("TIME", lambda result: format_seconds(result.exec_time_minutes * 60), ">"),
    Column("PEAK MEM", lambda result: _or_blank(format_bytes, result.peak_memory_bytes), ">"),
    Column("PEAK CPU", lambda result: _or_blank("{:.0f}%".format, result.peak_cpu_percent), ">"),
    Column("ENDED", lambda result: result.completion_time),
]


@results.command("list")
@click.argument("workflow_id", type=ID, required=False)
@click.option("-j", "--job-id", type=ID)
@click.option("-r", "--run-id", type=int)
@click.option("--return-code", type=int)
@click.option("--failed", is_flag=True, help="Only failed ones.")
@click.option("-s", "--status", type=click.Choice([str(status) for status in JobStatus]))
@click.option("--compute-node", "compute_node_id", type=ID)
@click.option("--all-runs", is_flag=True, help="Every attempt, not only the latest of each job.")
@paging
@pass_settings
def list_(settings: Settings, /, workflow_id: int | None, *, failed: bool, **filters: Any) -> None:
    """List the results of a workflow, the latest of each job."""
    if failed:
        filters["status"] = JobStatus.FAILED
    chosen = settings.choose_workflow(workflow_id)
    page = settings.client.list_results(chosen, **filters)
    columns = _COLUMNS
    if page.items and not settings.output.is_json:
        jobs = every_item(settings.client.list_jobs, chosen)
        names = {job.id: job.name for job in jobs}
        columns = [*columns[:2], Column("NAME", lambda r: names.get(r.job_id)), *columns[2:]]
    settings.output.listing("results", page.items, columns)


@results.command()
@click.argument("result_id", type=ID)
@pass_settings
def get(settings: Settings, result_id: int) -> None:
    """Show one result."""
    settings.output.record(settings.client.get_result(result_id))


def _or_blank(form: Any, value: object) -> str:
    return "" if value is None else str(form(value))
