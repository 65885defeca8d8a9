"""`torc reports summary`."""

from __future__ import annotations

from torc_core.model.ids import WorkflowId
from torc_core.model.status import SETTLED, UNSUCCESSFUL
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import count, counted
from torc_core.units import format_seconds_fully
from torc_tui.cli.command import command
from torc_tui.cli.context import pass_settings, workflow_argument
from torc_tui.cli.output import status_lines
from torc_tui.cli.settings import Settings


@command(examples=["torc reports summary latest"])
@workflow_argument
@pass_settings
def summary(settings: Settings, workflow: str | None) -> None:
    """Show the progress of a workflow: jobs by status, time spent, nodes."""
    chosen = settings.choose_workflow(workflow)
    status = settings.client.get_workflow_status(chosen)
    record = summarize(chosen, status)
    settings.output.record(
        record,
        {
            "workflow": f"{chosen} {record['workflow_name']}",
            "user": record["workflow_user"],
            "complete": record["is_complete"],
            "canceled": record["is_canceled"],
            "jobs": record["total_jobs"],
            **status_lines(status.jobs_by_status),
            "time in jobs": record["total_exec_time_formatted"],
            "wall time": record.get("walltime_formatted"),
            "active compute nodes": record["active_compute_nodes"],
        },
    )
    if not settings.output.is_json:
        settings.output.message(f"\n{conclusion(chosen, status)}", {})


def conclusion(workflow_id: WorkflowId, status: WorkflowStatus) -> str:
    """Return how a workflow stands, in a sentence."""
    counts = status.jobs_by_status
    total = sum((counts or {}).values())
    left = total - count(counts, SETTLED)
    incomplete = count(counts, UNSUCCESSFUL)
    if not total:
        return "There are no jobs."
    if left:
        return f"{left:,} of {counted(total, 'job')} not over yet."
    if not incomplete:
        return "All jobs completed successfully."
    return (
        f"{incomplete:,} of {counted(total, 'job')} did not complete. "
        f"To see why: torc reports results {workflow_id}"
    )


def summarize(workflow_id: WorkflowId, status: WorkflowStatus) -> dict[str, object]:
    """Return the reference's summary of a workflow from its status."""
    minutes = status.total_exec_time_minutes or 0.0
    record: dict[str, object] = {
        "workflow_id": workflow_id,
        "workflow_name": status.workflow_name,
        "workflow_user": status.workflow_user,
        "total_jobs": status.total_jobs,
        "jobs_by_status": status.jobs_by_status,
        "total_exec_time_minutes": minutes,
        "total_exec_time_formatted": format_seconds_fully(minutes * 60),
        "active_compute_nodes": status.active_compute_nodes,
        "pending_scheduled_nodes": status.pending_scheduled_nodes,
        "active_scheduled_nodes": status.active_scheduled_nodes,
        "is_complete": status.is_complete,
        "is_canceled": status.is_canceled,
    }
    if status.walltime_seconds is not None:
        record["walltime_seconds"] = status.walltime_seconds
        record["walltime_formatted"] = format_seconds_fully(status.walltime_seconds)
    return record
