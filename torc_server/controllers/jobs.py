"""Jobs, and the lists of what connects them."""

from __future__ import annotations

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody

from torc_core.model.artifact import JobFileRelationship, JobUserDataRelationship
from torc_core.model.job import (
    Job,
    JobDependency,
    JobGroup,
    JobIds,
    JobPatch,
    Jobs,
    RunningJob,
)
from torc_core.model.page import Page
from torc_core.model.workflow import Message
from torc_server.controllers.replies import replying
from torc_server.edge.parameters import Excludes, JobIdInPath, WorkflowIdInPath, WorkflowIdInQuery
from torc_server.queries import jobs as lists
from torc_server.queries import running
from torc_server.queries.job_groups import list_job_groups
from torc_server.queries.jobs import JobFilter
from torc_server.records.pages import Paging
from torc_server.rules import creation, editing, jobs
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


def provide_filter(  # noqa: PLR0913 - the filters of the reference
    status: FromQuery[str | None] = None,
    name: FromQuery[str | None] = None,
    command: FromQuery[str | None] = None,
    needs_file_id: FromQuery[int | None] = None,
    upstream_job_id: FromQuery[int | None] = None,
    active_compute_node_id: FromQuery[int | None] = None,
    *,
    downstream_job_id: FromQuery[int | None] = None,
    group_id: FromQuery[int | None] = None,
    origin_is_set: FromQuery[bool | None] = None,
    excludes: Excludes = None,
) -> JobFilter:
    """Return the filters that the query names."""
    return JobFilter(
        status=status,
        name=name,
        command=command,
        needs_file_id=needs_file_id,
        upstream_job_id=upstream_job_id,
        downstream_job_id=downstream_job_id,
        active_compute_node_id=active_compute_node_id,
        group_id=group_id,
        origin_is_set=origin_is_set,
        excludes=excludes,
    )


class JobController(Controller):
    """Jobs."""

    tags = ("jobs",)

    dependencies = {"filters": Provide(provide_filter, sync_to_thread=False)}  # noqa: RUF012 - Litestar's

    @post("/jobs", status_code=200, operation_id="create_job")
    async def create_job(self, writer: NamedDependency[Transactions], data: JSONBody[Job]) -> Job:
        """Create a job."""
        return await writer.run(creation.create_job, data)

    @post("/bulk_jobs", status_code=200, operation_id="create_jobs")
    async def create_jobs(
        self, writer: NamedDependency[Transactions], data: JSONBody[Jobs]
    ) -> Jobs:
        """Create jobs of one workflow in one transaction."""
        return await writer.run(
            replying(lambda jobs: Jobs(jobs=jobs), creation.create_jobs), data.jobs
        )

    @get("/jobs", operation_id="list_jobs")
    async def list_jobs(  # noqa: PLR0913 - what of the jobs is asked for
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInQuery,
        filters: NamedDependency[JobFilter],
        paging: NamedDependency[Paging],
        *,
        include_relationships: FromQuery[bool] = False,
        include_latest_results: FromQuery[bool] = False,
        include_held_by: FromQuery[bool] = False,
    ) -> Page[Job]:
        """List a workflow's jobs."""
        return await readers.run(
            lists.list_jobs,
            workflow_id,
            filters,
            paging,
            include_relationships=include_relationships,
            include_latest_results=include_latest_results,
            include_held_by=include_held_by,
        )

    @get("/jobs/{job_id:int}", operation_id="get_job")
    async def get_job(self, readers: NamedDependency[Readers], job_id: JobIdInPath) -> Job:
        """Get a job with the ids of everything related to it."""
        return await readers.look_up(jobs.get_job, job_id)

    @put("/jobs/{job_id:int}", operation_id="update_job")
    async def update_job(
        self, writer: NamedDependency[Transactions], job_id: JobIdInPath, data: JSONBody[JobPatch]
    ) -> Job:
        """Update a job; omitted and null fields keep their values."""
        return await writer.run_timed(editing.update_job, job_id, data)

    @delete("/jobs/{job_id:int}", status_code=200, operation_id="delete_job")
    async def delete_job(self, writer: NamedDependency[Transactions], job_id: JobIdInPath) -> Job:
        """Delete a job and return it; one that a runner holds has to be canceled before."""
        return await writer.run_timed(editing.delete_job, job_id)

    @delete("/jobs", status_code=200, operation_id="delete_jobs")
    async def delete_jobs(
        self, writer: NamedDependency[Transactions], workflow_id: WorkflowIdInQuery
    ) -> Message:
        """Delete all jobs of a workflow."""
        return await writer.run(
            replying(
                lambda count: Message(message=f"Deleted {count} jobs.", count=count),
                editing.delete_jobs,
            ),
            workflow_id,
        )


class JobListController(Controller):
    """Other lists of a workflow's jobs: ids, running jobs, dependencies, files and user data."""

    path = "/workflows/{workflow_id:int}"
    tags = ("jobs",)

    @get("/job_ids", operation_id="list_job_ids")
    async def list_job_ids(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> JobIds:
        """List the ids of all jobs of a workflow."""
        return await readers.run(lists.list_job_ids, workflow_id)

    @get("/job_groups", operation_id="list_job_groups")
    async def list_job_groups(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        part: NamedDependency[Paging],
    ) -> Page[JobGroup]:
        """List groups of jobs whose names differ in their numbers alone."""
        return await readers.run(list_job_groups, workflow_id, part)

    @get("/running_jobs", operation_id="get_running_jobs")
    async def get_running_jobs(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        part: NamedDependency[Paging],
    ) -> Page[RunningJob]:
        """List a workflow's running jobs and where they run."""
        return await readers.run(running.running_jobs, workflow_id, part)

    @get("/job_dependencies", operation_id="list_job_dependencies")
    async def list_job_dependencies(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        paging: NamedDependency[Paging],
    ) -> Page[JobDependency]:
        """List the dependencies between a workflow's jobs."""
        return await readers.run(lists.list_job_dependencies, workflow_id, paging)

    @get("/job_file_relationships", operation_id="list_job_file_relationships")
    async def list_job_file_relationships(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        paging: NamedDependency[Paging],
    ) -> Page[JobFileRelationship]:
        """List a workflow's files with the jobs that write and read them."""
        return await readers.run(lists.list_job_file_relationships, workflow_id, paging)

    @get("/job_user_data_relationships", operation_id="list_job_user_data_relationships")
    async def list_job_user_data_relationships(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        paging: NamedDependency[Paging],
    ) -> Page[JobUserDataRelationship]:
        """List a workflow's user data with the jobs that write and read it."""
        return await readers.run(lists.list_job_user_data_relationships, workflow_id, paging)
