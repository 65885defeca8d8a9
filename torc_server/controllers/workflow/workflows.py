"""Workflows and their status; starting, canceling and resetting them is in `control`."""

from __future__ import annotations

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody

from torc_core.model.page import Page
from torc_core.model.workflow import Workflow, WorkflowPatch, WorkflowStatus
from torc_server.background.large_work import LargeWork
from torc_server.edge.parameters import Contains, Excludes, WorkflowIdInPath
from torc_server.records import workflows
from torc_server.records.pages import Paging
from torc_server.records.workflows import WorkflowFilter
from torc_server.rules import workflows as rules
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


def provide_filter(
    name: FromQuery[str | None] = None,
    user: FromQuery[str | None] = None,
    description: FromQuery[str | None] = None,
    contains: Contains = None,
    *,
    excludes: Excludes = None,
    is_archived: FromQuery[bool | None] = None,
) -> WorkflowFilter:
    """Return the filters that the query names."""
    return WorkflowFilter(
        name=name,
        user=user,
        description=description,
        is_archived=is_archived,
        contains=contains,
        excludes=excludes,
    )


class WorkflowController(Controller):
    """Workflows."""

    path = "/workflows"
    tags = ("workflows",)

    dependencies = {"filters": Provide(provide_filter, sync_to_thread=False)}  # noqa: RUF012 - Litestar's

    @post("/", status_code=200, operation_id="create_workflow")
    async def create_workflow(
        self, writer: NamedDependency[Transactions], data: JSONBody[Workflow]
    ) -> Workflow:
        """Create a workflow."""
        return await writer.run_timed(rules.create_workflow, data)

    @get("/", operation_id="list_workflows")
    async def list_workflows(
        self,
        readers: NamedDependency[Readers],
        filters: NamedDependency[WorkflowFilter],
        paging: NamedDependency[Paging],
        *,
        include_job_counts: FromQuery[bool] = False,
    ) -> Page[Workflow]:
        """List workflows, archived ones included unless `is_archived` says otherwise."""
        return await readers.run(
            workflows.list_workflows, filters, paging, include_job_counts=include_job_counts
        )

    @get("/{workflow_id:int}", operation_id="get_workflow")
    async def get_workflow(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> Workflow:
        """Get a workflow."""
        return await readers.look_up(rules.get_workflow, workflow_id)

    @put("/{workflow_id:int}", operation_id="update_workflow")
    async def update_workflow(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[WorkflowPatch],
    ) -> Workflow:
        """Update a workflow; omitted and null fields keep their values."""
        return await writer.run(workflows.update_workflow, workflow_id, data)

    @delete("/{workflow_id:int}", status_code=200, operation_id="delete_workflow")
    async def delete_workflow(
        self,
        writer: NamedDependency[Transactions],
        large_work: NamedDependency[LargeWork],
        workflow_id: WorkflowIdInPath,
    ) -> Workflow:
        """Delete a workflow with everything that belongs to it, and return it."""
        return await large_work.delete(writer, workflow_id)

    @get("/{workflow_id:int}/status", operation_id="get_workflow_status")
    async def get_workflow_status(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        *,
        include_times: FromQuery[bool] = True,
    ) -> WorkflowStatus:
        """Get a workflow's status; its times are added up from all of its attempts."""
        return await readers.look_up(
            workflows.get_workflow_status, workflow_id, include_times=include_times
        )

    @put("/{workflow_id:int}/status", operation_id="update_workflow_status")
    async def update_workflow_status(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[WorkflowStatus],
    ) -> WorkflowStatus:
        """Set a workflow's run id and flags."""
        return await writer.run(workflows.update_workflow_status, workflow_id, data)
