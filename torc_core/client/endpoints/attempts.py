"""What runners ask and report: claims, starts, completions."""

from __future__ import annotations

from torc_core.client.request import LONG_S, Endpoints
from torc_core.model.completion import CompletedJobs, JobCompletion, JobCompletions
from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import Exchange, ExchangeReply
from torc_core.model.ids import ComputeNodeId, JobId, WorkflowId
from torc_core.model.job import ClaimedJobs, Job
from torc_core.model.result import Result
from torc_core.model.status import JobStatus


class AttemptEndpoints(Endpoints):
    """Operations on attempts, by exchange or in single calls."""

    def exchange(
        self, compute_node_id: ComputeNodeId, exchange: Exchange, *, timeout_s: float | None = None
    ) -> ExchangeReply:
        """Report, ask for jobs and wait for news, in one request of the batch protocol.

        The server answers a number that it has seen as it did before, so that an exchange whose
        reply was lost can be sent again.
        """
        return self._post(
            f"/compute_nodes/{compute_node_id}/exchange",
            ExchangeReply,
            exchange,
            timeout_s=timeout_s,
            known_by="seq",
        )

    def claim_jobs_based_on_resources(
        self,
        workflow_id: WorkflowId,
        limit: int,
        resources: ComputeNodesResources,
        *,
        sort_method: str = "none",
        strict_scheduler_match: bool = False,
    ) -> ClaimedJobs:
        """Claim up to `limit` ready jobs that fit together into `resources`."""
        return self._post(
            f"/workflows/{workflow_id}/claim_jobs_based_on_resources/{limit}",
            ClaimedJobs,
            resources,
            params={"sort_method": sort_method, "strict_scheduler_match": strict_scheduler_match},
        )

    def claim_next_jobs(self, workflow_id: WorkflowId, limit: int) -> ClaimedJobs:
        """Claim up to `limit` ready jobs, without regard to what they require."""
        path = f"/workflows/{workflow_id}/claim_next_jobs"
        return self._post(path, ClaimedJobs, params={"limit": limit})

    def start_job(self, job_id: JobId, run_id: int, compute_node_id: ComputeNodeId) -> Job:
        """Record that the process of a claimed job has begun."""
        return self._put(f"/jobs/{job_id}/start_job/{run_id}/{compute_node_id}", Job)

    def complete_jobs(
        self, workflow_id: WorkflowId, completions: list[JobCompletion]
    ) -> CompletedJobs:
        """Complete attempts of jobs of one workflow, each accepted or refused separately."""
        path = f"/workflows/{workflow_id}/batch_complete_jobs"
        body = JobCompletions(completions=completions)
        return self._post(path, CompletedJobs, body, timeout_s=LONG_S)

    def complete_job(self, job_id: JobId, status: JobStatus, run_id: int, result: Result) -> Job:
        """Complete an attempt; jobs that depend on it become ready at once."""
        return self._post(f"/jobs/{job_id}/complete_job/{status}/{run_id}", Job, result)
