"""Status changes of single jobs on a user's request."""

from __future__ import annotations

from litestar import Controller, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.units import MAX_INTEGER
from torc_server.edge.parameters import Count, JobIdInPath, RunId
from torc_server.rules import manual_transitions
from torc_server.storage.transactions import Transactions


class TransitionController(Controller):
    """Manual transitions and retries."""

    path = "/jobs/{job_id:int}"
    tags = ("jobs",)

    @put("/manage_status_change/{status:str}/{run_id:int}", operation_id="manage_status_change")
    async def manage_status_change(
        self,
        writer: NamedDependency[Transactions],
        job_id: JobIdInPath,
        status: FromPath[JobStatus],
        run_id: RunId,
    ) -> Job:
        """Change a job's status manually, except to an outcome that a runner reports."""
        return await writer.run_timed(
            manual_transitions.manage_status_change, job_id, status, run_id
        )

    @post("/retry/{run_id:int}", status_code=200, operation_id="retry_job")
    async def retry_job(
        self,
        writer: NamedDependency[Transactions],
        job_id: JobIdInPath,
        run_id: RunId,
        max_retries: Count = MAX_INTEGER,
    ) -> Job:
        """Make a job ready for its next attempt."""
        return await writer.run_timed(manual_transitions.retry_job, job_id, run_id, max_retries)
