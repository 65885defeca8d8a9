"""The progress of a workflow: jobs by status, time spent, nodes."""

from __future__ import annotations

from torc_core.client import TorcClient
from torc_core.model.ids import WorkflowId
from torc_core.model.status import SETTLED, UNSUCCESSFUL
from torc_core.model.wire import Wire
from torc_core.operations.facts import count
from torc_core.operations.reports.whole_status import read_whole_status
from torc_core.units import counted, format_seconds_fully


class Summary(Wire, frozen=True, kw_only=True):
    """The progress of a workflow; in the reference's shape."""

    workflow_id: WorkflowId
    workflow_name: str | None
    workflow_user: str | None
    total_jobs: int | None
    jobs_by_status: dict[str, int] | None
    total_exec_time_minutes: float
    total_exec_time_formatted: str
    active_compute_nodes: int | None
    pending_scheduled_nodes: int | None
    active_scheduled_nodes: int | None
    is_complete: bool | None
    is_canceled: bool
    walltime_seconds: float | None = None
    walltime_formatted: str | None = None

    @property
    def sentence(self) -> str:
        """How the workflow stands."""
        total = sum((self.jobs_by_status or {}).values())
        unfinished = total - count(self.jobs_by_status, SETTLED)
        unsuccessful = count(self.jobs_by_status, UNSUCCESSFUL)
        if not total:
            return "There are no jobs."
        if unfinished:
            return f"{unfinished:,} of {counted(total, 'job')} not finished."
        if not unsuccessful:
            return "All jobs completed successfully."
        return (
            f"{unsuccessful:,} of {counted(total, 'job')} did not complete. "
            f"To see why: torc reports results {self.workflow_id}"
        )


def summarize(client: TorcClient, workflow_id: WorkflowId) -> Summary:
    """Return the progress of a workflow.

    Raises:
        NotFoundError: There is no such workflow.
    """
    status = read_whole_status(client, workflow_id)
    minutes, walltime_s = status.total_exec_time_minutes or 0.0, status.walltime_seconds
    return Summary(
        workflow_id=workflow_id,
        workflow_name=status.workflow_name,
        workflow_user=status.workflow_user,
        total_jobs=status.total_jobs,
        jobs_by_status=status.jobs_by_status,
        total_exec_time_minutes=minutes,
        total_exec_time_formatted=format_seconds_fully(minutes * 60),
        active_compute_nodes=status.active_compute_nodes,
        pending_scheduled_nodes=status.pending_scheduled_nodes,
        active_scheduled_nodes=status.active_scheduled_nodes,
        is_complete=status.is_complete,
        is_canceled=status.is_canceled,
        walltime_seconds=walltime_s,
        walltime_formatted=None if walltime_s is None else format_seconds_fully(walltime_s),
    )
