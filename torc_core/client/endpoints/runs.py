"""What begins, resets or stops a run of a workflow."""

from __future__ import annotations

from torc_core.client.request import LONG_S, Endpoints
from torc_core.model.artifact import FileIds, UserDataIds
from torc_core.model.ids import FileId, UserDataId, WorkflowId
from torc_core.model.workflow import ResetJobStatusReply, WorkflowStatus


class RunEndpoints(Endpoints):
    """Operations that change many jobs of a workflow at once."""

    def initialize_jobs(
        self,
        workflow_id: WorkflowId,
        *,
        only_uninitialized: bool = False,
        clear_ephemeral_user_data: bool = False,
    ) -> None:
        """Work out all dependencies and make jobs blocked or ready."""
        self._post(
            f"/workflows/{workflow_id}/initialize_jobs",
            dict,
            params={
                "only_uninitialized": only_uninitialized,
                "clear_ephemeral_user_data": clear_ephemeral_user_data,
            },
            timeout_s=LONG_S,
        )

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

    def process_changed_job_inputs(
        self, workflow_id: WorkflowId, *, dry_run: bool = False
    ) -> list[str]:
        """Return the names of jobs whose inputs changed, and reset them unless `dry_run`."""
        path = f"/workflows/{workflow_id}/process_changed_job_inputs"
        reply = self._post(path, dict[str, list[str]], params={"dry_run": dry_run})
        return reply["reinitialized_jobs"]

    def list_required_existing_files(self, workflow_id: WorkflowId) -> list[FileId]:
        """Return ids of files that must exist before the workflow starts."""
        return self._get(f"/workflows/{workflow_id}/required_existing_files", FileIds).files

    def list_missing_user_data(self, workflow_id: WorkflowId) -> list[UserDataId]:
        """Return ids of user data that must be filled before the workflow starts."""
        return self._get(f"/workflows/{workflow_id}/missing_user_data", UserDataIds).user_data
