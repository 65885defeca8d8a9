"""Starts and completions of jobs, as clients without the batch protocol report them."""

from __future__ import annotations

from litestar import Controller, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from torc_core.model.completion import CompletedJobs, JobCompletions
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_server.edge.parameters import ComputeNodeIdInPath, JobIdInPath, RunId, WorkflowIdInPath
from torc_server.rules.attempts import client_reports
from torc_server.rules.attempts.client_reports import Completion
from torc_server.storage.transactions import Transactions


class ReportController(Controller):
    """Reports about claimed jobs."""

    tags = ("jobs",)

    @put(
        "/jobs/{job_id:int}/start_job/{run_id:int}/{compute_node_id:int}", operation_id="start_job"
    )
    async def start_job(
        self,
        writer: NamedDependency[Transactions],
        job_id: JobIdInPath,
        run_id: RunId,
        compute_node_id: ComputeNodeIdInPath,
    ) -> Job:
        """Report that a claimed job has started."""
        return await writer.run_timed(client_reports.start_job, job_id, run_id, compute_node_id)

    @post(
        "/jobs/{job_id:int}/complete_job/{status:str}/{run_id:int}",
        status_code=200,
        operation_id="complete_job",
    )
    async def complete_job(
        self,
        writer: NamedDependency[Transactions],
        job_id: JobIdInPath,
        status: FromPath[JobStatus],
        run_id: RunId,
        data: JSONBody[Result],
    ) -> Job:
        """Report that a job has completed."""
        completion = Completion(job_id, status, run_id, data)
        return await writer.run_together(client_reports.complete_jobs, completion)

    @post(
        "/workflows/{workflow_id:int}/batch_complete_jobs",
        status_code=200,
        operation_id="batch_complete_jobs",
    )
    async def batch_complete_jobs(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[JobCompletions],
    ) -> CompletedJobs:
        """Report completed jobs of one workflow; each report is accepted or refused separately."""
        return await writer.run_timed(client_reports.batch_complete_jobs, workflow_id, data)
