"""Claims, starts and ends as the reference's clients make them."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter

from torc_core.model.completion import CompletedJobs, JobCompletions
from torc_core.model.compute import ComputeNodesResources
from torc_core.model.job import ClaimedJobs, Job
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.units import MAX_INTEGER
from torc_server.edge.parameters import Count, Id, SortMethod
from torc_server.rules import manual_transitions
from torc_server.rules.attempts import claims, client_reports
from torc_server.rules.attempts.client_reports import Completion
from torc_server.storage.writer import Writer

RunId = Annotated[int, PathParameter(ge=0, le=MAX_INTEGER)]
"""A run of the workflow in the path; 0 before the first."""

Limit = Annotated[int, PathParameter(ge=0, le=MAX_INTEGER)]
"""The most jobs to hand out."""


class ClaimController(Controller):
    """Ready jobs to those who ask."""

    path = "/workflows/{workflow_id:int}"
    tags = ("jobs",)

    @post(
        "/claim_jobs_based_on_resources/{limit:int}",
        status_code=200,
        operation_id="claim_jobs_based_on_resources",
    )
    async def claim_jobs_based_on_resources(
        self,
        writer: NamedDependency[Writer],
        workflow_id: Id,
        limit: Limit,
        data: JSONBody[ComputeNodesResources],
        sort_method: FromQuery[SortMethod] = "none",
        *,
        strict_scheduler_match: FromQuery[bool] = False,
    ) -> ClaimedJobs:
        """Hand out ready jobs that fit into what the caller has free."""
        return await writer.run_timed(
            claims.claim_jobs_based_on_resources,
            workflow_id,
            data,
            limit,
            sort_method=sort_method,
            strict_scheduler_match=strict_scheduler_match,
        )

    @post("/claim_next_jobs", status_code=200, operation_id="claim_next_jobs")
    async def claim_next_jobs(
        self, writer: NamedDependency[Writer], workflow_id: Id, limit: Count = 10
    ) -> ClaimedJobs:
        """Hand out ready jobs whatever they need."""
        return await writer.run_timed(claims.claim_next_jobs, workflow_id, limit)

    @post("/batch_complete_jobs", status_code=200, operation_id="batch_complete_jobs")
    async def batch_complete_jobs(
        self, writer: NamedDependency[Writer], workflow_id: Id, data: JSONBody[JobCompletions]
    ) -> CompletedJobs:
        """Record the ends of many jobs, each accepted or refused for itself."""
        return await writer.run_timed(client_reports.batch_complete_jobs, workflow_id, data)


class ReportController(Controller):
    """What becomes of a job, as its runner or its owner says."""

    path = "/jobs/{job_id:int}"
    tags = ("jobs",)

    @put("/start_job/{run_id:int}/{compute_node_id:int}", operation_id="start_job")
    async def start_job(
        self, writer: NamedDependency[Writer], job_id: Id, run_id: RunId, compute_node_id: Id
    ) -> Job:
        """Note that a claimed job runs."""
        return await writer.run_timed(client_reports.start_job, job_id, run_id, compute_node_id)

    @post("/complete_job/{status:str}/{run_id:int}", status_code=200, operation_id="complete_job")
    async def complete_job(
        self,
        writer: NamedDependency[Writer],
        job_id: Id,
        status: FromPath[JobStatus],
        run_id: RunId,
        data: JSONBody[Result],
    ) -> Job:
        """Record the end of a job."""
        completion = Completion(job_id, status, run_id, data)
        return await writer.run_together(client_reports.complete_jobs, completion)

    @put("/manage_status_change/{status:str}/{run_id:int}", operation_id="manage_status_change")
    async def manage_status_change(
        self,
        writer: NamedDependency[Writer],
        job_id: Id,
        status: FromPath[JobStatus],
        run_id: RunId,
    ) -> Job:
        """Put a job into another status that is no end."""
        return await writer.run_timed(
            manual_transitions.manage_status_change, job_id, status, run_id
        )

    @post("/retry/{run_id:int}", status_code=200, operation_id="retry_job")
    async def retry_job(
        self,
        writer: NamedDependency[Writer],
        job_id: Id,
        run_id: RunId,
        max_retries: Count = MAX_INTEGER,
    ) -> Job:
        """Make a job ready for its next attempt."""
        return await writer.run_timed(manual_transitions.retry_job, job_id, run_id, max_retries)
