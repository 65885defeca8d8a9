"""Claims by single calls; the batch protocol is in `exchange`."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, PathParameter

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.job import ClaimedJobs
from torc_core.units import MAX_INTEGER
from torc_server.edge.parameters import Count, SortName, WorkflowIdInPath
from torc_server.rules.attempts import claims
from torc_server.storage.transactions import Transactions

Limit = Annotated[int, PathParameter(ge=0, le=MAX_INTEGER)]
"""The most jobs to claim."""


class ClaimController(Controller):
    """Claims of ready jobs."""

    path = "/workflows/{workflow_id:int}"
    tags = ("jobs",)

    @post(
        "/claim_jobs_based_on_resources/{limit:int}",
        status_code=200,
        operation_id="claim_jobs_based_on_resources",
    )
    async def claim_jobs_based_on_resources(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        limit: Limit,
        data: JSONBody[ComputeNodesResources],
        sort_method: FromQuery[SortName] = "none",
        *,
        strict_scheduler_match: FromQuery[bool] = False,
    ) -> ClaimedJobs:
        """Claim ready jobs that fit the caller's free resources."""
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
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        limit: Count = 10,
    ) -> ClaimedJobs:
        """Claim ready jobs regardless of what they need."""
        return await writer.run_timed(claims.claim_next_jobs, workflow_id, limit)
