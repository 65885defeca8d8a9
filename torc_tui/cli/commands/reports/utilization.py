"""`torc reports check-resource-utilization`."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import click

from torc_core.config.bounds import PERCENT, WHOLE
from torc_core.operations.reports.utilization import (
    LEAST_OVER_PERCENT,
    ResourceViolation,
    Utilization,
    UtilizationRequest,
    check_utilization,
)
from torc_core.units import counted
from torc_tui.cli.command import command
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.output.formats import Output
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column

_JOB = (
    Column("Job ID", attrgetter("job_id"), is_number=True),
    Column("Job name", attrgetter("job_name")),
)
_VIOLATIONS = (
    *_JOB,
    Column("Resource", attrgetter("resource_type")),
    Column("Specified", attrgetter("specified"), is_number=True),
    Column("Peak used", attrgetter("peak_used"), is_number=True),
    Column("Over-utilization", attrgetter("over_utilization"), is_number=True),
)


def _likely(violation: ResourceViolation) -> str:
    """Return what an attempt probably lacked, and what says so."""
    found = (
        (violation.likely_oom, "out of memory", violation.oom_reason),
        (violation.likely_timeout, "out of time", violation.timeout_reason),
    )
    return ", ".join(f"{what} ({reason})" for is_likely, what, reason in found if is_likely)


_CAUSES = (
    *_JOB,
    Column("Code", attrgetter("return_code"), is_number=True),
    Column("Memory", attrgetter("configured_memory"), is_number=True),
    Column("Peak", attrgetter("peak_memory_formatted"), is_number=True),
    Column("Runtime", attrgetter("configured_runtime"), is_number=True),
    Column("Used", attrgetter("runtime_utilization"), is_number=True),
    Column("Likely", _likely),
)


@command(
    "check-resource-utilization",
    examples=[
        "torc reports check-resource-utilization latest",
        "torc reports check-resource-utilization 12 --include-failed --run-id 2",
    ],
)
@workflow_argument
@click.option(
    "-r", "--run-id", type=number(WHOLE), help="Results of this run; by default the latest."
)
@click.option("-a", "--all", "show_all", is_flag=True, help="Also jobs within their limits.")
@click.option(
    "--include-failed",
    is_flag=True,
    help="Also failed and terminated jobs, and whether they probably lacked memory or time.",
)
@click.option(
    "--min-over-utilization",
    "least_over_percent",
    type=number(PERCENT),
    default=LEAST_OVER_PERCENT,
    help="Report what exceeds its limit by at least so much, in percent.",
)
@pass_settings
def check_resource_utilization(settings: Settings, /, workflow: str | None, **chosen: Any) -> None:
    """Show which jobs used more memory, CPU or time than they state.

    Jobs without requirements are not compared.
    """
    workflow_id = settings.choose_workflow(workflow)
    request = UtilizationRequest(workflow_id=workflow_id, **chosen)
    found = check_utilization(settings.client, request)
    if settings.output.is_json:
        settings.output.record(found.report)
    else:
        _print(settings.output, found)


def _print(output: Output, found: Utilization) -> None:
    report = found.report
    output.text(found.sentence)
    if report.violations:
        output.text()
        output.listing("violations", report.violations, _VIOLATIONS)
    failed = [each for each in report.resource_violations or [] if _likely(each)]
    if failed:
        output.text("\nFailed, and probably for lack of memory or time:\n")
        output.listing("violations", failed, _CAUSES)
    remarks = []
    if found.unexplained:
        jobs = counted(found.unexplained, "failed job")
        remarks.append(f"{jobs} with another cause: torc reports results {report.workflow_id}")
    if found.unstated:
        remarks.append(f"Not compared: {counted(found.unstated, 'job')} without requirements.")
    if report.over_utilization_count or failed:
        remarks.append(f"To correct them: torc workflows correct-resources {report.workflow_id}")
    if remarks:
        output.text("\n".join(["", *remarks]))
