"""`torc reports results`."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import click

from torc_core.model.ids import JobId
from torc_core.operations.reports.results import ResultsRequest, report_results
from torc_core.units import format_seconds
from torc_tui.cli.command import command
from torc_tui.cli.options.id_lists import IdListCommand, id_list
from torc_tui.cli.options.shared import output_dir_option, workflow_argument
from torc_tui.cli.output.formats import JsonOutput
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column

_COLUMNS = (
    Column("Job", attrgetter("job_id"), is_number=True),
    Column("Name", attrgetter("job_name")),
    Column("Run", attrgetter("run_id"), is_number=True),
    Column("Status", attrgetter("status")),
    Column("Code", attrgetter("return_code"), is_number=True),
    Column("Time", lambda each: format_seconds(each.exec_time_minutes * 60), is_number=True),
    Column("Stderr", lambda each: each.job_stderr or each.job_stdout),
)


@command(
    cls=IdListCommand,
    examples=[
        "torc reports results 12 > report.json",
        "torc reports results 12 --output-dir /scratch/output --all-runs",
        "torc -f table reports results 12 -j 7",
    ],
)
@workflow_argument
@output_dir_option
@click.option("--all-runs", is_flag=True, help="Every attempt, not only the latest of each job.")
@id_list("-j", "--job-id", "job_ids", help="Only results of these jobs.")
@pass_settings
def results(
    settings: Settings,
    workflow: str | None,
    *,
    output_dir: Path | None,
    all_runs: bool,
    job_ids: list[JobId] | None,
) -> None:
    """Report the results of a workflow with the paths of all logs that belong to them.

    The report is JSON unless the command line says -f table. Missing logs are listed on stderr.
    """
    request = ResultsRequest(
        workflow_id=settings.choose_workflow(workflow),
        output_dir=output_dir,
        all_runs=all_runs,
        job_ids=job_ids or (),
    )
    with settings.reporter() as reporter:
        report = report_results(settings.client, request, reporter)
    if settings.options.get("format_") == "table":
        settings.output.listing("results", report.results, _COLUMNS)
    else:
        JsonOutput().record(report)
