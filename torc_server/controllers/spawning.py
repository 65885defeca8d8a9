"""A workflow in motion: what runs now, and jobs that add jobs."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from torc_core.model.job import RunningJob
from torc_core.model.page import Page
from torc_core.model.spawning import SpawnReply, SpawnRequest
from torc_server.edge.parameters import Id
from torc_server.queries import running
from torc_server.records.pages import Paging
from torc_server.rules import spawning
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer


class DynamicsController(Controller):
    """Running jobs."""

    tags = ("jobs",)

    @get("/workflows/{workflow_id:int}/running_jobs", operation_id="get_running_jobs")
    async def get_running_jobs(
        self,
        readers: NamedDependency[Readers],
        workflow_id: Id,
        part: NamedDependency[Paging],
    ) -> Page[RunningJob]:
        """Return a page of the jobs that run now, and where."""
        return await readers.run(running.running_jobs, workflow_id, part)

    @post("/jobs/{job_id:int}/spawn_jobs", status_code=200, operation_id="spawn_jobs")
    async def spawn_jobs(
        self, writer: NamedDependency[Writer], job_id: Id, data: JSONBody[SpawnRequest]
    ) -> SpawnReply:
        """Add jobs that wait for the calling job."""
        return await writer.run_timed(spawning.spawn_jobs, job_id, data)
