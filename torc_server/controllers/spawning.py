"""Jobs that add jobs to their workflow."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from torc_core.model.spawning import SpawnReply, SpawnRequest
from torc_server.edge.parameters import JobIdInPath
from torc_server.rules import spawning
from torc_server.storage.transactions import Transactions


class SpawnController(Controller):
    """Jobs that running jobs add."""

    tags = ("jobs",)

    @post("/jobs/{job_id:int}/spawn_jobs", status_code=200, operation_id="spawn_jobs")
    async def spawn_jobs(
        self,
        writer: NamedDependency[Transactions],
        job_id: JobIdInPath,
        data: JSONBody[SpawnRequest],
    ) -> SpawnReply:
        """Add jobs that depend on the calling job."""
        return await writer.run_timed(spawning.spawn_jobs, job_id, data)
