"""A workflow seen as a whole: its graphs, what its ready jobs need, which Slurm jobs ran it."""

from __future__ import annotations

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from torc_core.model.page import Page
from torc_core.model.resources import ReadyJobRequirements
from torc_core.model.slurm import SlurmJobCorrelation
from torc_server.edge.parameters import Id, OptionalQueryId
from torc_server.queries import graphs
from torc_server.queries.ready_requirements import ready_job_requirements
from torc_server.queries.slurm_jobs import slurm_job_correlations
from torc_server.records import events
from torc_server.records.pages import Paging
from torc_server.storage.readers import Readers


class LatestEventTimestamp(msgspec.Struct, frozen=True, kw_only=True):
    """When the newest event happened; an object, as the published document declares."""

    timestamp: int


class OverviewController(Controller):
    """A workflow seen as a whole."""

    path = "/workflows/{workflow_id:int}"
    tags = ("workflows",)

    @get("/dot_graph/{name:str}", operation_id="get_dot_graph", media_type="text/vnd.graphviz")
    async def get_dot_graph(
        self, readers: NamedDependency[Readers], workflow_id: Id, name: FromPath[str]
    ) -> str:
        """Return a graph of a workflow as Graphviz text.

        The names are those of the lists with the same facts: `job_dependencies`,
        `job_file_relationships` and `job_user_data_relationships`.
        """
        return await readers.run(graphs.draw, workflow_id, name)

    @get("/latest_event_timestamp", operation_id="get_latest_event_timestamp")
    async def get_latest_event_timestamp(
        self, readers: NamedDependency[Readers], workflow_id: Id
    ) -> LatestEventTimestamp:
        """Return when the newest event happened, in ms since 1970; 0 when there is none."""
        moment = await readers.run(events.latest_event_timestamp, workflow_id)
        return LatestEventTimestamp(timestamp=moment)

    @get("/ready_job_requirements", operation_id="get_ready_job_requirements")
    async def get_ready_job_requirements(
        self,
        readers: NamedDependency[Readers],
        workflow_id: Id,
        scheduler_config_id: OptionalQueryId = None,
    ) -> ReadyJobRequirements:
        """Return what the ready jobs need together, or only those that a scheduler is to run."""
        return await readers.run(ready_job_requirements, workflow_id, scheduler_config_id)

    @get("/slurm_job_correlations", operation_id="get_slurm_job_correlations")
    async def get_slurm_job_correlations(
        self,
        readers: NamedDependency[Readers],
        workflow_id: Id,
        part: NamedDependency[Paging],
    ) -> Page[SlurmJobCorrelation]:
        """Return a page of jobs that have results, each with the Slurm job that ran it."""
        return await readers.run(slurm_job_correlations, workflow_id, part)
