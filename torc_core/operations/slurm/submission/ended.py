"""A request whose allocations exist already, and have all ended: it brings no nodes any more."""

from __future__ import annotations

from torc_core.client import TorcClient
from torc_core.clock import SystemClock
from torc_core.errors import ConflictError
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import Poller
from torc_core.hpc.slurm.settle import settle_allocations, unfinished_allocations
from torc_core.model.ids import WorkflowId
from torc_core.model.status import SETTLED, JobStatus
from torc_core.operations.facts import count, is_settled


def refuse_ended(
    client: TorcClient, slurm: Slurm, workflow_id: WorkflowId, number: int, hint: str = ""
) -> None:
    """Refuse where nothing was submitted although no allocation is left for the jobs.

    Args:
        client: The server.
        slurm: The programs of this machine's cluster.
        workflow_id: The workflow.
        number: How many allocations of the request were found.
        hint: What to do instead.

    Raises:
        ConflictError: All of them have ended, and jobs are left.
    """
    unfinished = unfinished_allocations(client, workflow_id)
    if unfinished:
        poller = Poller(slurm, SystemClock())
        poller.watch(record.scheduler_id for record in unfinished)
        views = poller.poll()
        cluster = poller.status().cluster
        settled = settle_allocations(client, views, workflow_id, cluster=cluster)
        if len(settled.allocations) < len(unfinished):
            return
    counts = client.get_workflow_status(workflow_id).jobs_by_status
    if is_settled(counts):
        return  # meanwhile
    left = count(counts, frozenset(JobStatus) - SETTLED)
    ended = "its only one has ended" if number == 1 else f"all {number:,} have ended"
    raise ConflictError(
        f"Workflow {workflow_id} has no allocation left: {ended}. "
        f"Jobs that are not complete: {left:,}.",
        hint=hint,
    )
