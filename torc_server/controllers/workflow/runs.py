"""Starting and resuming workflows, and the records of their runs."""

from __future__ import annotations

from functools import partial

from litestar import Controller, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody

from torc_core.clock import now_ms
from torc_core.model.page import Page
from torc_core.model.records.workflow_run import (
    ResumeReply,
    ResumeRequest,
    StartReply,
    StartRequest,
    WorkflowRun,
    WorkflowRunPatch,
)
from torc_server.background.large_work import LargeWork
from torc_server.edge.parameters import WorkflowIdInPath, WorkflowRunIdInPath
from torc_server.records import workflow_runs
from torc_server.records.pages import Paging
from torc_server.rules.runs import records, resume
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


class WorkflowRunController(Controller):
    """Workflow runs."""

    tags = ("workflow runs",)

    @post("/workflows/{workflow_id:int}/start", status_code=200, operation_id="start_workflow")
    async def start_workflow(
        self,
        writer: NamedDependency[Transactions],
        large_work: NamedDependency[LargeWork],
        state: State,
        workflow_id: WorkflowIdInPath,
        data: JSONBody[StartRequest],
    ) -> StartReply:
        """Initialize a workflow unless it is started already, and record a run of it."""
        request = records.with_timers(data, state.settings.timers)
        return await large_work.start(writer, workflow_id, request)

    @post("/workflows/{workflow_id:int}/resume", status_code=200, operation_id="resume_workflow")
    async def resume_workflow(
        self,
        writer: NamedDependency[Transactions],
        state: State,
        workflow_id: WorkflowIdInPath,
        data: JSONBody[ResumeRequest],
    ) -> ResumeReply:
        """Resume a workflow: all jobs run again that have not completed."""
        request = records.with_timers(data, state.settings.timers)
        return await writer.run_timed(resume.resume_workflow, workflow_id, request)

    @get("/workflows/{workflow_id:int}/runs", operation_id="list_workflow_runs")
    async def list_workflow_runs(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        paging: NamedDependency[Paging],
    ) -> Page[WorkflowRun]:
        """List the runs of a workflow."""
        read = partial(workflow_runs.list_runs, now_ms=now_ms())
        return await readers.run(read, workflow_id, paging)

    @get("/workflow_runs/{workflow_run_id:int}", operation_id="get_workflow_run")
    async def get_workflow_run(
        self, readers: NamedDependency[Readers], workflow_run_id: WorkflowRunIdInPath
    ) -> WorkflowRun:
        """Get a workflow run."""
        return await readers.run(partial(records.get_run, now_ms=now_ms()), workflow_run_id)

    @put("/workflow_runs/{workflow_run_id:int}", operation_id="update_workflow_run")
    async def update_workflow_run(
        self,
        writer: NamedDependency[Transactions],
        workflow_run_id: WorkflowRunIdInPath,
        data: JSONBody[WorkflowRunPatch],
    ) -> WorkflowRun:
        """Record that the runner of a run has begun, or how it ended."""
        return await writer.run_timed(records.update_run, workflow_run_id, data)
