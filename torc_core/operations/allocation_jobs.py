"""Which jobs an allocation has run."""

from __future__ import annotations

from torc_core.client import TorcClient, every_item
from torc_core.model.ids import AllocationId, JobId, WorkflowId, id_of
from torc_core.model.wire import Wire


class AllocationJobs(Wire, frozen=True, kw_only=True):
    """The jobs of the nodes of an allocation, in the shape of the reference."""

    scheduled_compute_node_id: AllocationId
    workflow_id: WorkflowId
    compute_node_count: int
    """How many runners have worked inside of it."""
    job_ids: list[JobId]


def find_allocation_jobs(client: TorcClient, allocation_id: AllocationId) -> AllocationJobs:
    """Return the jobs that ran, or run, on the nodes of an allocation.

    Raises:
        NotFoundError: There is no such allocation.
    """
    workflow_id = client.get_scheduled_compute_node(allocation_id).workflow_id
    nodes = [
        id_of(node)
        for node in every_item(
            client.list_compute_nodes, workflow_id, scheduled_compute_node_id=allocation_id
        )
    ]
    jobs: set[JobId] = set()
    for node in nodes:
        results = every_item(client.list_results, workflow_id, compute_node_id=node, all_runs=True)
        running = every_item(client.list_jobs, workflow_id, active_compute_node_id=node)
        jobs |= {result.job_id for result in results} | {id_of(job) for job in running}
    return AllocationJobs(
        scheduled_compute_node_id=allocation_id,
        workflow_id=workflow_id,
        compute_node_count=len(nodes),
        job_ids=sorted(jobs),
    )
