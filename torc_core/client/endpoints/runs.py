"""What begins, resets or stops a run of a workflow."""

from __future__ import annotations

from typing import TypeVar, Unpack

from torc_core.client.filters import Paging
from torc_core.client.request import LONG_S, Endpoints
from torc_core.model.artifact import FileIds, UserDataIds
from torc_core.model.ids import FileId, UserDataId, WorkflowId, WorkflowRunId
from torc_core.model.page import Page
from torc_core.model.records.workflow_run import (
    ResumeReply,
    ResumeRequest,
    StartReply,
    StartRequest,
    WorkflowRun,
    WorkflowRunPatch,
)
from torc_core.model.workflow import (
    ChangedJobs,
    ResetJobsRequest,
    ResetJobStatusReply,
    WorkflowStatus,
)

T = TypeVar("T")


class RunEndpoints(Endpoints):
    """Operations that change many jobs of a workflow at once."""

    def initialize_jobs(
        self,
        workflow_id: WorkflowId,
        *,
        only_uninitialized: bool = False,
        keeps_terminated: bool = False,
        clear_ephemeral_user_data: bool = False,
    ) -> None:
        """Work out all dependencies and make jobs blocked or ready."""
        self._post(
            f"/workflows/{workflow_id}/initialize_jobs",
            dict,
            params={
                "only_uninitialized": only_uninitialized,
                "keeps_terminated": keeps_terminated,
                "clear_ephemeral_user_data": clear_ephemeral_user_data,
            },
            timeout_s=LONG_S,
        )

    def start_workflow(self, workflow_id: WorkflowId, request: StartRequest) -> StartReply:
        """Initialize a workflow unless it is started already, and record a run of it.

        Raises:
            ConflictError: It is archived or canceled, or is being resumed.
        """
        return self._begin(f"/workflows/{workflow_id}/start", StartReply, request)

    def resume_workflow(self, workflow_id: WorkflowId, request: ResumeRequest) -> ResumeReply:
        """Resume a workflow; while `waiting_jobs` have not ended, send the request again.

        Raises:
            ConflictError: It is archived or not started, or another client has resumed it.
        """
        return self._begin(f"/workflows/{workflow_id}/resume", ResumeReply, request)

    def _begin(self, path: str, reply: type[T], request: StartRequest) -> T:
        key = "key" if request.key else None
        return self._post(path, reply, request, timeout_s=LONG_S, known_by=key)

    def list_workflow_runs(
        self, workflow_id: WorkflowId, **filters: Unpack[Paging]
    ) -> Page[WorkflowRun]:
        """Return a page of the starts and resumes of a workflow."""
        return self._list(f"/workflows/{workflow_id}/runs", Page[WorkflowRun], filters, Paging)

    def get_workflow_run(self, run_id: WorkflowRunId) -> WorkflowRun:
        """Return the record of a run."""
        return self._get(f"/workflow_runs/{run_id}", WorkflowRun)

    def update_workflow_run(self, run_id: WorkflowRunId, patch: WorkflowRunPatch) -> WorkflowRun:
        """Report that the runner of a run has begun, or how it ended.

        Raises:
            ConflictError: It is to begin, but was replaced or has ended.
        """
        return self._put(f"/workflow_runs/{run_id}", WorkflowRun, patch)

    def cancel_workflow(self, workflow_id: WorkflowId) -> WorkflowStatus:
        """Cancel a workflow; its runners stop their jobs."""
        return self._put(f"/workflows/{workflow_id}/cancel", WorkflowStatus)

    def reset_workflow_status(self, workflow_id: WorkflowId, *, force: bool = False) -> None:
        """Withdraw a cancellation; refused while jobs are active unless `force`."""
        path = f"/workflows/{workflow_id}/reset_status"
        self._post(path, dict, params={"force": force})

    def reset_job_status(
        self, workflow_id: WorkflowId, *, failed_only: bool = False
    ) -> ResetJobStatusReply:
        """Reset all jobs, or the failed ones and those downstream of them, to uninitialized."""
        path = f"/workflows/{workflow_id}/reset_job_status"
        return self._post(path, ResetJobStatusReply, params={"failed_only": failed_only})

    def reset_jobs(self, workflow_id: WorkflowId, request: ResetJobsRequest) -> ResetJobStatusReply:
        """Reset some jobs to uninitialized, but none that runs or is disabled."""
        path = f"/workflows/{workflow_id}/reset_jobs"
        return self._post(path, ResetJobStatusReply, request, timeout_s=LONG_S)

    def process_changed_job_inputs(
        self, workflow_id: WorkflowId, *, dry_run: bool = False
    ) -> ChangedJobs:
        """Return which jobs' inputs changed, and reset them unless `dry_run`."""
        path = f"/workflows/{workflow_id}/process_changed_job_inputs"
        return self._post(path, ChangedJobs, params={"dry_run": dry_run}, timeout_s=LONG_S)

    def list_required_existing_files(self, workflow_id: WorkflowId) -> list[FileId]:
        """Return ids of files that must exist before the workflow starts."""
        return self._get(f"/workflows/{workflow_id}/required_existing_files", FileIds).files

    def list_missing_user_data(self, workflow_id: WorkflowId) -> list[UserDataId]:
        """Return ids of user data that must be filled before the workflow starts."""
        return self._get(f"/workflows/{workflow_id}/missing_user_data", UserDataIds).user_data
