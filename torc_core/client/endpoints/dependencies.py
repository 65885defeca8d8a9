"""Which job depends on which, and on what."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.filters import Paging
from torc_core.client.request import Endpoints
from torc_core.model.artifact import JobFileRelationship, JobUserDataRelationship
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.job import JobDependency, JobIds
from torc_core.model.page import Page


class DependencyEndpoints(Endpoints):
    """The edges of a workflow's graph."""

    def list_job_ids(self, workflow_id: WorkflowId) -> list[JobId]:
        """Return the ids of all jobs."""
        return self._get(f"/workflows/{workflow_id}/job_ids", JobIds).job_ids

    def list_job_dependencies(
        self, workflow_id: WorkflowId, **filters: Unpack[Paging]
    ) -> Page[JobDependency]:
        """Return a page of the dependencies between jobs."""
        path = f"/workflows/{workflow_id}/job_dependencies"
        return self._list(path, Page[JobDependency], filters, Paging)

    def list_job_file_relationships(
        self, workflow_id: WorkflowId, **filters: Unpack[Paging]
    ) -> Page[JobFileRelationship]:
        """Return a page of the jobs that write and read each file."""
        path = f"/workflows/{workflow_id}/job_file_relationships"
        return self._list(path, Page[JobFileRelationship], filters, Paging)

    def list_job_user_data_relationships(
        self, workflow_id: WorkflowId, **filters: Unpack[Paging]
    ) -> Page[JobUserDataRelationship]:
        """Return a page of the jobs that write and read each user data record."""
        path = f"/workflows/{workflow_id}/job_user_data_relationships"
        return self._list(path, Page[JobUserDataRelationship], filters, Paging)
