"""Views of a whole workflow: graphs, requirements of its ready jobs, its Slurm jobs."""

from __future__ import annotations

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from torc_core.model.page import Page
from torc_core.model.records.slurm import SlurmJobCorrelation
from torc_core.model.resources import ReadyJobRequirements
from torc_server.edge.parameters import OptionalQueryId, WorkflowIdInPath
from torc_server.queries import graphs
from torc_server.queries.ready_requirements import ready_job_requirements
from torc_server.queries.slurm_jobs import slurm_job_correlations
from torc_server.records import events
from torc_server.records.pages import Paging
from torc_server.storage.readers import Readers


class LatestEventTimestamp(msgspec.Struct, frozen=True, kw_only=True):
    """The time of the newest event; an object, as the reference's document declares."""

    timestamp: int


class OverviewController(Controller):
    """Views of a whole workflow."""

    path = "/workflows/{workflow_id:int}"
    tags = ("workflows",)

    @get("/dot_graph/{name:str}", operation_id="get_dot_graph", media_type="text/vnd.graphviz")
    async def get_dot_graph(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath, name: FromPath[str]
    ) -> str:
        """Get a graph of a workflow as Graphviz text.

        Graphs are named after the lists with the same content: `job_dependencies`,
        `job_file_relationships` and `job_user_data_relationships`.
        """
        return await readers.run(graphs.draw, workflow_id, name)

    @get("/latest_event_timestamp", operation_id="get_latest_event_timestamp")
    async def get_latest_event_timestamp(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> LatestEventTimestamp:
        """Get the time of a workflow's newest event, in ms since 1970; 0 if it has none."""
        moment = await readers.run(events.latest_event_timestamp, workflow_id)
        return LatestEventTimestamp(timestamp=moment)

    @get("/ready_job_requirements", operation_id="get_ready_job_requirements")
    async def get_ready_job_requirements(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        scheduler_config_id: OptionalQueryId = None,
    ) -> ReadyJobRequirements:
        """Add up the requirements of the ready jobs, optionally of one scheduler's only."""
        return await readers.run(ready_job_requirements, workflow_id, scheduler_config_id)

    @get("/slurm_job_correlations", operation_id="get_slurm_job_correlations")
    async def get_slurm_job_correlations(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        part: NamedDependency[Paging],
    ) -> Page[SlurmJobCorrelation]:
        """List jobs that have results, each with the Slurm job that ran it."""
        return await readers.run(slurm_job_correlations, workflow_id, part)
