"""Client methods for jobs: making, claiming, starting and ending them."""

from __future__ import annotations

from torc_core.client.caller import Caller
from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import Exchange, ExchangeReply
from torc_core.model.job import ClaimedJobs, Job, JobPatch, Jobs
from torc_core.model.page import Page
from torc_core.model.result import Result
from torc_core.model.status import JobStatus


class JobCalls(Caller):
    """Operations on jobs, named as the reference names them."""

    def create_job(self, job: Job) -> Job:
        """Create one job."""
        return self._post("/jobs", Job, job)

    def create_jobs(self, jobs: list[Job]) -> list[Job]:
        """Create jobs of one workflow together; returned in the same order."""
        return self._post("/bulk_jobs", Jobs, Jobs(jobs=jobs), timeout_s=600).jobs

    def list_jobs(self, workflow_id: int, **filters: object) -> Page[Job]:
        """Return a page of jobs.

        Args:
            workflow_id: Whose jobs.
            **filters: status (one, or several joined by commas), name and command (parts of
                them, in either case), upstream_job_id, needs_file_id, active_compute_node_id,
                include_relationships, and the paging: offset, limit, sort_by, reverse_sort.
        """
        return self._get("/jobs", Page[Job], {"workflow_id": workflow_id, **filters})

    def get_job(self, job_id: int) -> Job:
        """Return one job with its related ids."""
        return self._get(f"/jobs/{job_id}", Job)

    def update_job(self, job_id: int, patch: JobPatch) -> Job:
        """Change the given fields of a job."""
        return self._put(f"/jobs/{job_id}", Job, patch)

    def delete_job(self, job_id: int) -> Job:
        """Delete one job."""
        return self._delete(f"/jobs/{job_id}", Job)

    def claim_jobs_based_on_resources(
        self,
        workflow_id: int,
        limit: int,
        resources: ComputeNodesResources,
        *,
        sort_method: str = "none",
        strict_scheduler_match: bool = False,
    ) -> ClaimedJobs:
        """Take up to `limit` ready jobs that fit together into `resources`."""
        return self._post(
            f"/workflows/{workflow_id}/claim_jobs_based_on_resources/{limit}",
            ClaimedJobs,
            resources,
            params={"sort_method": sort_method, "strict_scheduler_match": strict_scheduler_match},
        )

    def claim_next_jobs(self, workflow_id: int, limit: int) -> ClaimedJobs:
        """Take up to `limit` ready jobs, whatever they need."""
        path = f"/workflows/{workflow_id}/claim_next_jobs"
        return self._post(path, ClaimedJobs, params={"limit": limit})

    def start_job(self, job_id: int, run_id: int, compute_node_id: int) -> Job:
        """Record that a claimed job's process runs."""
        return self._put(f"/jobs/{job_id}/start_job/{run_id}/{compute_node_id}", Job)

    def complete_job(self, job_id: int, status: JobStatus, run_id: int, result: Result) -> Job:
        """Record the end of a job; what waits for it goes on at once."""
        return self._post(f"/jobs/{job_id}/complete_job/{status}/{run_id}", Job, result)

    def retry_job(self, job_id: int, run_id: int, max_retries: int) -> Job:
        """Make a failed job ready for its next attempt."""
        path = f"/jobs/{job_id}/retry/{run_id}"
        return self._post(path, Job, params={"max_retries": max_retries})

    def manage_status_change(self, job_id: int, status: JobStatus, run_id: int) -> Job:
        """Move a job to a status by hand."""
        return self._put(f"/jobs/{job_id}/manage_status_change/{status}/{run_id}", Job)

    def exchange(
        self, compute_node_id: int, turn: Exchange, *, timeout_s: float | None = None
    ) -> ExchangeReply:
        """Take one turn of the batch protocol."""
        path = f"/compute_nodes/{compute_node_id}/exchange"
        return self._post(path, ExchangeReply, turn, timeout_s=timeout_s)
