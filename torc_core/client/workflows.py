"""Client methods for workflows as a whole."""

from __future__ import annotations

from urllib.parse import quote

from torc_core.client.caller import Caller
from torc_core.client.events import EventStream
from torc_core.model.action import ActionClaim, ActionClaimReply, WorkflowAction
from torc_core.model.artifact import (
    FileIds,
    JobFileRelationship,
    JobUserDataRelationship,
    UserDataIds,
)
from torc_core.model.compute import RemoteWorker
from torc_core.model.job import JobDependency, JobIds
from torc_core.model.page import Page
from torc_core.model.workflow import (
    ArchiveRequest,
    IsComplete,
    ResetJobStatusReply,
    Version,
    Workflow,
    WorkflowPatch,
    WorkflowStatus,
)


class WorkflowCalls(Caller):
    """Operations on workflows, named as the reference names them."""

    def ping(self) -> None:
        """Return if the server answers."""
        self._get("/ping", dict)

    def get_version(self) -> Version:
        """Return what the server is; one of an older generation only tells its version."""
        reply = self._get("/version", Version | str)  # type: ignore[arg-type]  # a union of both
        return Version(version=reply, api_version="") if isinstance(reply, str) else reply

    def create_workflow(self, workflow: Workflow) -> Workflow:
        """Create a workflow without jobs."""
        return self._post("/workflows", Workflow, workflow)

    def list_workflows(self, **filters: object) -> Page[Workflow]:
        """Return a page of workflows.

        Args:
            **filters: name, user, description, is_archived, include_job_counts, and the
                paging of every list: offset, limit, sort_by, reverse_sort.
        """
        return self._get("/workflows", Page[Workflow], filters)

    def get_workflow(self, workflow_id: int) -> Workflow:
        """Return one workflow."""
        return self._get(f"/workflows/{workflow_id}", Workflow)

    def update_workflow(self, workflow_id: int, patch: WorkflowPatch) -> Workflow:
        """Change the given fields of a workflow."""
        return self._put(f"/workflows/{workflow_id}", Workflow, patch)

    def delete_workflow(self, workflow_id: int) -> Workflow:
        """Delete a workflow and all that belongs to it."""
        return self._delete(f"/workflows/{workflow_id}", Workflow)

    def cancel_workflow(self, workflow_id: int) -> WorkflowStatus:
        """Cancel a workflow; its runners stop their jobs."""
        return self._put(f"/workflows/{workflow_id}/cancel", WorkflowStatus)

    def archive_workflow(self, workflow_id: int, *, is_archived: bool) -> Workflow:
        """Put a workflow into the archive or take it out; servers before 0.35 have no such call."""
        body = ArchiveRequest(is_archived=is_archived)
        return self._post(f"/workflows/{workflow_id}/archive", Workflow, body)

    def get_workflow_status(self, workflow_id: int) -> WorkflowStatus:
        """Return run number, flags and job counts."""
        return self._get(f"/workflows/{workflow_id}/status", WorkflowStatus)

    def update_workflow_status(self, workflow_id: int, status: WorkflowStatus) -> WorkflowStatus:
        """Set run number and flags."""
        return self._put(f"/workflows/{workflow_id}/status", WorkflowStatus, status)

    def reset_workflow_status(self, workflow_id: int, *, force: bool = False) -> None:
        """Take back cancellation; refused while jobs are active unless `force`."""
        path = f"/workflows/{workflow_id}/reset_status"
        self._post(path, dict, params={"force": force})

    def reset_job_status(
        self, workflow_id: int, *, failed_only: bool = False
    ) -> ResetJobStatusReply:
        """Take all jobs, or the failed ones and what follows them, back to uninitialized."""
        path = f"/workflows/{workflow_id}/reset_job_status"
        return self._post(path, ResetJobStatusReply, params={"failed_only": failed_only})

    def initialize_jobs(
        self,
        workflow_id: int,
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
            timeout_s=600,
        )

    def is_workflow_complete(self, workflow_id: int) -> IsComplete:
        """Return whether all jobs ended, or the workflow was cancelled."""
        return self._get(f"/workflows/{workflow_id}/is_complete", IsComplete)

    def is_workflow_uninitialized(self, workflow_id: int) -> bool:
        """Return whether no job has been initialized yet."""
        reply = self._get(f"/workflows/{workflow_id}/is_uninitialized", dict[str, bool])
        return reply["is_uninitialized"]

    def process_changed_job_inputs(self, workflow_id: int, *, dry_run: bool = False) -> list[str]:
        """Return the names of jobs whose inputs changed, and take them back unless `dry_run`."""
        path = f"/workflows/{workflow_id}/process_changed_job_inputs"
        reply = self._post(path, dict[str, list[str]], params={"dry_run": dry_run})
        return reply["reinitialized_jobs"]

    def list_required_existing_files(self, workflow_id: int) -> list[int]:
        """Return ids of files that must exist before the workflow starts."""
        return self._get(f"/workflows/{workflow_id}/required_existing_files", FileIds).files

    def list_missing_user_data(self, workflow_id: int) -> list[int]:
        """Return ids of user data that must be filled before the workflow starts."""
        return self._get(f"/workflows/{workflow_id}/missing_user_data", UserDataIds).user_data

    def list_job_ids(self, workflow_id: int) -> list[int]:
        """Return the ids of all jobs."""
        return self._get(f"/workflows/{workflow_id}/job_ids", JobIds).job_ids

    def list_job_dependencies(self, workflow_id: int, **paging: object) -> Page[JobDependency]:
        """Return a page of the edges between jobs."""
        path = f"/workflows/{workflow_id}/job_dependencies"
        return self._get(path, Page[JobDependency], paging)

    def list_job_file_relationships(
        self, workflow_id: int, **paging: object
    ) -> Page[JobFileRelationship]:
        """Return a page of who writes and who reads which file."""
        path = f"/workflows/{workflow_id}/job_file_relationships"
        return self._get(path, Page[JobFileRelationship], paging)

    def list_job_user_data_relationships(
        self, workflow_id: int, **paging: object
    ) -> Page[JobUserDataRelationship]:
        """Return a page of who writes and who reads which user data."""
        path = f"/workflows/{workflow_id}/job_user_data_relationships"
        return self._get(path, Page[JobUserDataRelationship], paging)

    def create_workflow_action(self, action: WorkflowAction) -> WorkflowAction:
        """Create an action."""
        return self._post(f"/workflows/{action.workflow_id}/actions", WorkflowAction, action)

    def get_workflow_actions(self, workflow_id: int) -> list[WorkflowAction]:
        """Return all actions of a workflow."""
        return self._get(f"/workflows/{workflow_id}/actions", list[WorkflowAction])

    def get_pending_actions(self, workflow_id: int) -> list[WorkflowAction]:
        """Return the actions that may be executed now."""
        return self._get(f"/workflows/{workflow_id}/actions/pending", list[WorkflowAction])

    def claim_action(
        self, workflow_id: int, action_id: int, compute_node_id: int | None
    ) -> ActionClaimReply:
        """Take an action for execution.

        Raises:
            ConflictError: Somebody else has it.
        """
        path = f"/workflows/{workflow_id}/actions/{action_id}/claim"
        return self._post(path, ActionClaimReply, ActionClaim(compute_node_id=compute_node_id))

    def create_remote_workers(self, workflow_id: int, workers: list[str]) -> list[RemoteWorker]:
        """Name machines of the user for a workflow."""
        return self._post(f"/workflows/{workflow_id}/remote_workers", list[RemoteWorker], workers)

    def list_remote_workers(self, workflow_id: int) -> list[RemoteWorker]:
        """Return the machines named for a workflow."""
        return self._get(f"/workflows/{workflow_id}/remote_workers", list[RemoteWorker])

    def delete_remote_worker(self, workflow_id: int, worker: str) -> RemoteWorker:
        """Take a machine back."""
        path = f"/workflows/{workflow_id}/remote_workers/{quote(worker, safe='')}"
        return self._delete(path, RemoteWorker)

    def stream_events(
        self, workflow_id: int, *, level: str = "info", last_event_id: int | None = None
    ) -> EventStream:
        """Open the event stream, from now or from after an event seen before."""
        params = {"level": level, "last_event_id": last_event_id}
        return EventStream(self.transport.open(f"/workflows/{workflow_id}/events/stream", params))
