"""Jobs: created, listed, changed."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.filters import JobFilters, Part
from torc_core.client.request import LONG_S, Endpoints
from torc_core.model.ids import JobId, SchedulerId, WorkflowId
from torc_core.model.job import (
    Job,
    JobGroup,
    JobPatch,
    Jobs,
    JobsChangeReply,
    JobsChangeRequest,
    SchedulerAssignment,
)
from torc_core.model.page import Page
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Message


class JobEndpoints(Endpoints):
    """Operations on jobs, named as the reference names them."""

    def create_job(self, job: Job) -> Job:
        """Create one job."""
        self.refuse_lost(Job, [job])
        return self._post("/jobs", Job, job)

    def create_jobs(self, jobs: list[Job]) -> list[Job]:
        """Create jobs of one workflow together; returned in the same order."""
        self.refuse_lost(Job, jobs)
        return self._post("/bulk_jobs", Jobs, Jobs(jobs=jobs), timeout_s=LONG_S).jobs

    def list_jobs(self, workflow_id: WorkflowId, **filters: Unpack[JobFilters]) -> Page[Job]:
        """Return a page of jobs."""
        path = "/jobs"
        return self._list(path, Page[Job], filters, JobFilters, workflow_id)

    def list_job_groups(self, workflow_id: WorkflowId, **part: Unpack[Part]) -> Page[JobGroup]:
        """Return a page of groups of jobs; a server with `JOB_GROUPS` knows this."""
        return self._list(f"/workflows/{workflow_id}/job_groups", Page[JobGroup], part, Part)

    def get_job(self, job_id: JobId) -> Job:
        """Return one job with its related ids."""
        return self._get(f"/jobs/{job_id}", Job)

    def update_job(self, job_id: JobId, patch: JobPatch) -> Job:
        """Change the given fields of a job."""
        return self._update(f"/jobs/{job_id}", Job, patch)

    def change_jobs(self, workflow_id: WorkflowId, request: JobsChangeRequest) -> JobsChangeReply:
        """Cancel or retry many jobs; a server with `CHANGE_JOBS` knows this."""
        path = f"/workflows/{workflow_id}/change_jobs"
        return self._post(path, JobsChangeReply, request, timeout_s=LONG_S)

    def assign_scheduler(
        self, workflow_id: WorkflowId, scheduler_id: SchedulerId, job_ids: list[JobId]
    ) -> Message:
        """Set the Slurm scheduler of many jobs; a server with `ASSIGN_SCHEDULER` knows this."""
        request = SchedulerAssignment(scheduler_id=scheduler_id, job_ids=job_ids)
        path = f"/workflows/{workflow_id}/assign_scheduler"
        return self._post(path, Message, request, timeout_s=LONG_S)

    def delete_job(self, job_id: JobId) -> Job:
        """Delete one job."""
        return self._delete(f"/jobs/{job_id}", Job)

    def delete_jobs(self, workflow_id: WorkflowId) -> Message:
        """Delete all jobs of a workflow, whatever their statuses."""
        return self._delete("/jobs", Message, {"workflow_id": workflow_id})

    def retry_job(self, job_id: JobId, run_id: int, max_retries: int) -> Job:
        """Make a failed job ready for a further attempt."""
        path = f"/jobs/{job_id}/retry/{run_id}"
        return self._post(path, Job, params={"max_retries": max_retries})

    def manage_status_change(self, job_id: JobId, status: JobStatus, run_id: int) -> Job:
        """Set the status of a job."""
        return self._put(f"/jobs/{job_id}/manage_status_change/{status}/{run_id}", Job)
