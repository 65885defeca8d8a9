"""`torc reports summary`."""

from __future__ import annotations

from torc_core.operations.reports.summary import summarize
from torc_core.units import format_seconds
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.output.formats import completeness, status_lines
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc reports summary latest"])
@workflow_argument
@pass_settings
def summary(settings: Settings, workflow: str | None) -> None:
    """Show the progress of a workflow: jobs by status, time spent, nodes."""
    found = summarize(settings.client, settings.choose_workflow(workflow))
    walltime_s = found.walltime_seconds
    settings.output.record(
        found,
        {
            "workflow": f"{found.workflow_id} {found.workflow_name}",
            "user": found.workflow_user,
            "complete": completeness(found.is_complete, found.jobs_by_status),
            "canceled": found.is_canceled,
            "jobs": found.total_jobs,
            **status_lines(found.jobs_by_status),
            "time in jobs": format_seconds(found.total_exec_time_minutes * 60),
            "wall time": walltime_s if walltime_s is None else format_seconds(walltime_s),
            "active compute nodes": found.active_compute_nodes,
        },
    )
    settings.output.text(f"\n{found.sentence}")
