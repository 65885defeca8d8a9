"""Workflows as a whole, and the server itself."""

from __future__ import annotations

from typing import Unpack

import msgspec

from torc_core.client.filters import WorkflowFilters
from torc_core.client.request import Endpoints
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job
from torc_core.model.page import Page
from torc_core.model.status import JobStatus
from torc_core.model.workflow import (
    ArchiveRequest,
    Health,
    IsComplete,
    Version,
    Workflow,
    WorkflowPatch,
    WorkflowStatus,
)

_MOST_FREQUENT = (
    *(JobStatus.COMPLETED, JobStatus.BLOCKED, JobStatus.READY, JobStatus.RUNNING),
    *(JobStatus.FAILED, JobStatus.UNINITIALIZED, JobStatus.PENDING, JobStatus.CANCELED),
    *(JobStatus.TERMINATED, JobStatus.DISABLED, JobStatus.PENDING_FAILED),
)
"""All statuses, those first that most jobs have: where they are counted one by one."""
_MOST_COUNTS = 3
"""How often jobs are counted one status after the other, while they change meanwhile."""


class WorkflowEndpoints(Endpoints):
    """Operations on workflows, named as the reference names them."""

    def ping(self) -> None:
        """Return if the server answers."""
        self._get("/ping", dict)

    def get_health(self) -> Health:
        """Return how the server is; the reference's has no such operation."""
        return self._get("/health", Health)

    def get_version(self) -> Version:
        """Return what the server is; an older one says only its version."""
        reply = self._get("/version", Version | str)  # type: ignore[arg-type]  # a union of both
        return Version(version=reply, api_version="") if isinstance(reply, str) else reply

    def create_workflow(self, workflow: Workflow) -> Workflow:
        """Create a workflow without jobs."""
        self.refuse_lost(Workflow, [workflow])
        return self._post("/workflows", Workflow, workflow)

    def list_workflows(self, **filters: Unpack[WorkflowFilters]) -> Page[Workflow]:
        """Return a page of workflows."""
        path = "/workflows"
        return self._list(path, Page[Workflow], filters, WorkflowFilters)

    def get_workflow(self, workflow_id: WorkflowId) -> Workflow:
        """Return one workflow."""
        return self._get(f"/workflows/{workflow_id}", Workflow)

    def update_workflow(self, workflow_id: WorkflowId, patch: WorkflowPatch) -> Workflow:
        """Change the given fields of a workflow."""
        return self._update(f"/workflows/{workflow_id}", Workflow, patch)

    def delete_workflow(self, workflow_id: WorkflowId) -> Workflow:
        """Delete a workflow and all that belongs to it."""
        return self._delete(f"/workflows/{workflow_id}", Workflow)

    def archive_workflow(self, workflow_id: WorkflowId, *, is_archived: bool) -> Workflow:
        """Archive a workflow, or undo that; servers before 0.35 have no such operation."""
        body = ArchiveRequest(is_archived=is_archived)
        return self._post(f"/workflows/{workflow_id}/archive", Workflow, body)

    def get_workflow_status(
        self, workflow_id: WorkflowId, *, include_times: bool = False
    ) -> WorkflowStatus:
        """Return run number, flags and job counts, and on request how long its jobs took.

        Where a server does not count them, the lists of jobs by status say how long they are.
        """
        params = {} if include_times else {"include_times": False}
        status = self._get(f"/workflows/{workflow_id}/status", WorkflowStatus, params)
        if status.jobs_by_status is not None:
            return status
        counts = self._count_jobs(workflow_id)
        return msgspec.structs.replace(
            status,
            workflow_id=workflow_id,
            total_jobs=sum(counts.values()),
            jobs_by_status=counts,
            is_complete=self.is_workflow_complete(workflow_id).is_complete,
        )

    def _count_jobs(self, workflow_id: WorkflowId) -> dict[str, int]:
        """Return how many jobs are in which status, in as few requests as are needed.

        Jobs that change between two requests are missed or counted twice, so that the sum differs
        from the number of jobs. Then all are counted again, a few times at the most.
        """
        for _ in range(_MOST_COUNTS):
            counts: dict[str, int] = dict.fromkeys(JobStatus, 0)
            left = self._number_of_jobs(workflow_id)
            for status in _MOST_FREQUENT:
                if left <= 0:
                    break
                counts[status] = self._number_of_jobs(workflow_id, status=status)
                left -= counts[status]
            if left == 0:
                break
        return counts

    def _number_of_jobs(self, workflow_id: WorkflowId, **filters: object) -> int:
        params = {"workflow_id": workflow_id, "limit": 1, **filters}
        return self._get("/jobs", Page[Job], params).total_count

    def update_workflow_status(
        self, workflow_id: WorkflowId, status: WorkflowStatus
    ) -> WorkflowStatus:
        """Set run number and flags."""
        return self._put(f"/workflows/{workflow_id}/status", WorkflowStatus, status)

    def is_workflow_complete(self, workflow_id: WorkflowId) -> IsComplete:
        """Return whether all jobs are complete, or the workflow was canceled."""
        return self._get(f"/workflows/{workflow_id}/is_complete", IsComplete)

    def is_workflow_uninitialized(self, workflow_id: WorkflowId) -> bool:
        """Return whether no job has been initialized yet."""
        reply = self._get(f"/workflows/{workflow_id}/is_uninitialized", dict[str, bool])
        return reply["is_uninitialized"]
