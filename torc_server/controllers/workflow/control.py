"""Operations on a workflow as a whole: initialize, cancel, archive, reset, and checks."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromQuery, JSONBody, QueryParameter

from torc_core.model.artifact import FileIds, UserDataIds
from torc_core.model.job import JobsChangeReply, JobsChangeRequest, SchedulerAssignment
from torc_core.model.records.task import Task
from torc_core.model.workflow import (
    ArchiveRequest,
    ChangedJobs,
    IsComplete,
    Message,
    ResetJobsRequest,
    ResetJobStatusReply,
    Workflow,
    WorkflowStatus,
)
from torc_server.background.large_work import LargeWork
from torc_server.background.task_runner import Background
from torc_server.controllers.replies import replying
from torc_server.edge.generations import resets_begin_runs
from torc_server.edge.parameters import WorkflowIdInPath
from torc_server.rules import (
    completion_status,
    editing,
    manual_transitions,
    resets,
    workflows,
)
from torc_server.rules.attempts import cancel
from torc_server.rules.initialize import Initialization
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


class IsUninitialized(msgspec.Struct, frozen=True, kw_only=True):
    """Whether every job of a workflow is uninitialized or disabled."""

    is_uninitialized: bool


class WorkflowControlController(Controller):
    """Initializing, canceling, archiving and resetting workflows, and checks before a start."""

    path = "/workflows/{workflow_id:int}"
    tags = ("workflows",)

    @post(
        "/initialize_jobs",
        status_code=200,
        operation_id="initialize_jobs",
        responses={
            202: ResponseSpec(Task, description="Started as a task; poll it for the outcome.")
        },
    )
    async def initialize_jobs(  # noqa: PLR0913 - the parameters of the call
        self,
        writer: NamedDependency[Transactions],
        large_work: NamedDependency[LargeWork],
        background: NamedDependency[Background],
        workflow_id: WorkflowIdInPath,
        *,
        only_uninitialized: FromQuery[bool] = False,
        keeps_terminated: FromQuery[bool] = False,
        clear_ephemeral_user_data: FromQuery[bool] = False,
        is_async: Annotated[bool, QueryParameter(name="async")] = False,
    ) -> Response[Message | Task]:
        """Resolve dependencies and make jobs blocked or ready; with `async` as a task."""
        asked = Initialization(
            only_uninitialized=only_uninitialized,
            keeps_terminated=keeps_terminated,
            clear_ephemeral_user_data=clear_ephemeral_user_data,
        )
        if is_async:
            work = partial(large_work.initialize_as_task, workflow_id, asked)
            task = await background.begin(writer, workflow_id, "initialize_jobs", work)
            return Response(task, status_code=202)
        done = await large_work.initialize(writer, workflow_id, asked)
        return Response(done, status_code=200)

    @post("/archive", status_code=200, operation_id="archive_workflow")
    async def archive_workflow(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[ArchiveRequest],
    ) -> Workflow:
        """Archive a workflow, or restore it from the archive."""
        return await writer.run_timed(
            workflows.archive_workflow, workflow_id, is_archived=data.is_archived
        )

    @put("/cancel", operation_id="cancel_workflow")
    async def cancel_workflow(
        self, writer: NamedDependency[Transactions], workflow_id: WorkflowIdInPath
    ) -> WorkflowStatus:
        """Cancel a workflow: stop its running jobs and start no more."""
        return await writer.run_timed(cancel.cancel_workflow, workflow_id)

    @post("/reset_status", status_code=200, operation_id="reset_workflow_status")
    async def reset_workflow_status(
        self,
        request: Request[Any, Any, Any],
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        *,
        force: FromQuery[bool] = False,
    ) -> WorkflowStatus:
        """Clear a workflow's cancellation; for clients since 0.27 this also starts a new run."""
        return await writer.run_timed(
            resets.reset_workflow_status,
            workflow_id,
            force=force,
            begin_run=resets_begin_runs(request.headers.get("user-agent", "")),
        )

    @post("/reset_job_status", status_code=200, operation_id="reset_job_status")
    async def reset_job_status(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        *,
        failed_only: FromQuery[bool] = False,
    ) -> ResetJobStatusReply:
        """Reset jobs to uninitialized."""
        return await writer.run_timed(resets.reset_job_status, workflow_id, failed_only=failed_only)

    @post("/reset_jobs", status_code=200, operation_id="reset_jobs")
    async def reset_jobs(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[ResetJobsRequest],
    ) -> ResetJobStatusReply:
        """Reset some jobs to uninitialized, but none that runs or is disabled."""
        return await writer.run_timed(resets.reset_chosen_jobs, workflow_id, data)

    @post("/change_jobs", status_code=200, operation_id="change_jobs")
    async def change_jobs(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[JobsChangeRequest],
    ) -> JobsChangeReply:
        """Cancel or retry many jobs, and leave out those that are in no status for it."""
        return await writer.run_timed(manual_transitions.change_jobs, workflow_id, data)

    @post("/assign_scheduler", status_code=200, operation_id="assign_scheduler")
    async def assign_scheduler(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[SchedulerAssignment],
    ) -> Message:
        """Set the Slurm scheduler of many jobs at once."""
        return await writer.run(
            replying(
                lambda count: Message(message=f"Assigned {count} jobs.", count=count),
                editing.assign_scheduler,
            ),
            workflow_id,
            data,
        )

    @post("/process_changed_job_inputs", status_code=200, operation_id="process_changed_job_inputs")
    async def process_changed_job_inputs(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        *,
        dry_run: FromQuery[bool] = False,
    ) -> ChangedJobs:
        """Reset the jobs whose inputs have changed, or with `dry_run` only list them."""
        return await writer.run_timed(
            resets.process_changed_job_inputs, workflow_id, dry_run=dry_run
        )

    @get("/is_complete", operation_id="is_workflow_complete")
    async def is_workflow_complete(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> IsComplete:
        """Check whether all jobs of a workflow have completed, or it was canceled."""
        return await readers.run(completion_status.is_complete, workflow_id)

    @get("/is_uninitialized", operation_id="is_workflow_uninitialized")
    async def is_workflow_uninitialized(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> IsUninitialized:
        """Check whether a workflow has not been started."""
        answer = await readers.run(completion_status.is_uninitialized, workflow_id)
        return IsUninitialized(is_uninitialized=answer)

    @get("/required_existing_files", operation_id="list_required_existing_files")
    async def list_required_existing_files(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> FileIds:
        """List the ids of files that must exist before the workflow can run."""
        return await readers.run(completion_status.required_existing_files, workflow_id)

    @get("/missing_user_data", operation_id="list_missing_user_data")
    async def list_missing_user_data(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> UserDataIds:
        """List the ids of user data that must be set before the workflow can run."""
        return await readers.run(completion_status.missing_user_data, workflow_id)
