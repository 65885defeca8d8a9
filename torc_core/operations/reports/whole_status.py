"""The status of a workflow with all that servers of torc say in it.

What another server leaves out is read from its lists.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.model.compute import AllocationStatus
from torc_core.model.ids import WorkflowId
from torc_core.model.result import Result
from torc_core.model.workflow import WorkflowStatus
from torc_core.moments import read_moment


def read_whole_status(client: TorcClient, workflow_id: WorkflowId) -> WorkflowStatus:
    """Return the status of a workflow with its owner, its nodes, and how long its run took.

    Raises:
        NotFoundError: There is no such workflow.
    """
    status = client.get_workflow_status(workflow_id, include_times=True)
    if status.workflow_name is not None:
        return status
    workflow = client.get_workflow(workflow_id)
    minutes, walltime_s = times_of(
        every_item(client.list_results, workflow_id, run_id=status.run_id, all_runs=True)
    )
    nodes = every_item(client.list_compute_nodes, workflow_id)
    allocations = [
        each.status for each in every_item(client.list_scheduled_compute_nodes, workflow_id)
    ]
    return msgspec.structs.replace(
        status,
        workflow_name=workflow.name,
        workflow_user=workflow.user,
        total_exec_time_minutes=minutes,
        walltime_seconds=walltime_s,
        active_compute_nodes=sum(bool(node.is_active) for node in nodes),
        pending_scheduled_nodes=allocations.count(AllocationStatus.PENDING),
        active_scheduled_nodes=allocations.count(AllocationStatus.ACTIVE),
    )


def times_of(results: Iterable[Result]) -> tuple[float, float]:
    """Return the total execution time in minutes, and the seconds from first start to last end."""
    minutes, begins, ends = 0.0, [], []
    for result in results:
        minutes += result.exec_time_minutes
        if (end := read_moment(result.completion_time)) is not None:
            ends.append(end)
            begins.append(end - 60 * result.exec_time_minutes)
    return minutes, max(ends) - min(begins) if ends else 0.0
